"""Code that differs on PostgreSQL, tested on a server that is started for it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.postgres import TemporaryPostgres, postgres_binaries

ROOT = Path(__file__).resolve().parents[2]
# On SQLite these tests run as usual; here they run once more.
AGAIN = (
    "tests/core/test_erasing.py",
    "tests/core/test_search.py",
    "tests/sharing/test_fixed_links.py",
    "tests/sharing/test_gallery.py",
    "tests/accounts/test_leaving.py",
    "tests/runs/test_finishing.py",
    "tests/runs/test_texts_everywhere.py",
    "tests/library/test_library.py",
    "tests/workbench/test_tree.py",
    "tests/history/test_history.py",
    "tests/history/test_deletion.py",
    "tests/history/test_export.py",
    "tests/history/test_import.py",
    "tests/datasets/test_uploads.py",
    "tests/datasets/test_checking.py",
    "tests/datasets/test_views.py",
    "tests/datasets/test_full_disk.py",
    "tests/finetunes/test_leases.py",
    "tests/finetunes/test_services.py",
    "tests/finetunes/test_record.py",
    "tests/finetunes/test_races.py",
    "tests/finetunes/test_following.py",
    "tests/finetunes/test_belongings.py",
    "tests/finetunes/test_pages.py",
    "tests/finetunes/test_exports.py",
    "tests/finetunes/test_export_pages.py",
    "tests/finetunes/test_mails.py",
)
# Tests that take long without any new query, or that leave a connection in a thread.
NOT_AGAIN = "not Rubbish and not sent_as_it_is_made and not downloaded_as_one_zip"


@pytest.mark.skipif(postgres_binaries() is None, reason="no PostgreSQL: make test installs it")
def test_search_history_and_runs_are_the_same_on_postgresql() -> None:
    # Short, and accessible to the user that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        with TemporaryPostgres(Path(folder) / "server") as server:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-x", *AGAIN, "-k", NOT_AGAIN],
                cwd=ROOT,
                env={**os.environ, "TEST_DATABASE_URL": server.url},
                capture_output=True,
                text=True,
                check=False,
            )
    assert done.returncode == 0, done.stdout[-8000:]
