"""One real site for the attacks that need one."""

from collections.abc import Iterator

import pytest

from tests.support.stack import Stack

# Short, so that a test of slowness is quick.
TIMEOUT_SECONDS = 3


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Valkey and the web part; temporary files of bodies would be in ``folder / "tmp"``."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "tmp").mkdir()
    env = {"TMPDIR": str(folder / "tmp"), "REQUEST_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS)}
    with Stack(folder, env=env) as stack:
        stack.start(workers=[])
        yield stack
