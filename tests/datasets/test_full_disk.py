"""A disk that fills up while a dataset is checked or fixed: it is said, nothing half is stored, and
another try goes well once there is room."""

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from playground.accounts.models import Person
from playground.datasets import files
from playground.datasets.checks.whole_file import WholeFile
from playground.datasets.leases import version_claim
from playground.datasets.models import Dataset, DatasetVersion
from playground.datasets.services import dataset_delete, version_check_again, version_fix
from tests.accounts.people import guest_client
from tests.datasets.made import ROWS, check, make_dataset
from workers.check import examination
from workers.check.examination import Examining, examine_version
from workers.process import outages

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
# Where the disk is found full: in the first bytes of a file, in its flush, in its last step.
MOMENTS: dict[str, tuple[Any, str]] = {
    "write": (WholeFile, "write_bytes"),
    "flush": (os, "fsync"),
    "rename": (Path, "replace"),
    "link": (Path, "hardlink_to"),
}


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch, moment: str) -> Iterator[None]:
    def fail(*_: object, **__: object) -> None:
        raise FULL

    with monkeypatch.context() as patched:
        patched.setattr(*MOMENTS[moment], fail)
        yield


def stored_files() -> set[str]:
    """What is on the disk beside the lock, half written files included."""
    found = (path.name for path in files.folder().rglob("*") if path.is_file())
    return {name for name in found if name != ".lock"}


def codes(version: DatasetVersion) -> list[str]:
    return [finding["code"] for finding in version.findings]


@pytest.mark.parametrize("moment", ["write", "flush", "rename"])
def test_rows_that_find_no_room_leave_nothing_and_are_checked_again(
    person: Person, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    dataset = make_dataset(person, content=ROWS, checked=False)
    assert dataset.head is not None

    with full_disk(monkeypatch, moment):
        version = check(dataset.head)

    assert (version.state, codes(version)) == ("refused", ["disk_full"])
    assert "disk is full" in version.findings[0]["sentence"]
    assert stored_files() == {version.sha256}
    page = guest_client(person).get(f"/datasets/{dataset.pk}/").content.decode()
    assert "disk is full" in page
    assert "Check again" in page

    version_check_again(version=version)

    again = check(DatasetVersion.objects.get())
    assert (again.state, again.rows) == ("checked", 120)
    assert stored_files() == {version.sha256, version.rows_path.name}


@pytest.mark.parametrize("moment", ["write", "flush", "rename", "link"])
def test_a_fix_that_finds_no_room_leaves_nothing_and_is_made_again(
    person: Person, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    dataset = make_dataset(person)
    first = dataset.head
    assert first is not None
    before = stored_files()
    fixed = version_fix(version=first, fix="leave_out_rows")

    with full_disk(monkeypatch, moment):
        check(fixed)

    assert (fixed.state, codes(fixed), fixed.sha256) == ("refused", ["disk_full"], "")
    assert stored_files() == before
    page = guest_client(person).get(f"/datasets/{dataset.pk}/v/{fixed.number}/")
    assert page.status_code == 200
    assert "Check again" in page.content.decode()

    version_check_again(version=fixed)

    again = check(DatasetVersion.objects.get(pk=fixed.pk))
    assert (again.state, again.rows) == ("checked", 3)


def busy_database(act: Callable[..., bool], *, times: int) -> Callable[..., bool]:
    """``act``, once it was refused so often by a database whose disk is full."""
    left = times

    def answer(**values: Any) -> bool:
        nonlocal left
        if left:
            left -= 1
            cause = sqlite3.OperationalError("database or disk is full")
            cause.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise OperationalError(str(cause)) from cause
        return act(**values)

    return answer


def test_a_row_that_the_disk_has_no_room_for_is_waited_for_without_end(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset(person, content=ROWS, checked=False)
    assert dataset.head is not None
    finish = busy_database(examination.version_finish, times=500)
    monkeypatch.setattr(examination, "version_finish", finish)
    monkeypatch.setattr(outages, "RETRY_SECONDS", 0)
    # The connection of a test is not closed.
    monkeypatch.setattr(outages, "close_old_connections", lambda: None)

    assert check(dataset.head).state == "checked"


def test_a_fix_of_a_dataset_that_is_deleted_meanwhile_leaves_no_file(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_dataset(person).head
    assert first is not None
    version_fix(version=first, fix="leave_out_rows")
    real = examination.apply_fix

    def fix_and_delete(*arguments: Any, **options: Any) -> Any:
        result = real(*arguments, **options)
        dataset_delete(dataset=Dataset.objects.get())
        return result

    monkeypatch.setattr(examination, "apply_fix", fix_and_delete)
    claimed = version_claim(worker="a")
    assert claimed is not None
    examine_version(Examining(claimed))

    assert stored_files() == set()
