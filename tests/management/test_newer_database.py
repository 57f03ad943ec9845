"""A database of a newer version than the code: each part refuses it with one sentence."""

import sqlite3

import pytest

from tests.management.conftest import Launcher
from tests.management.place import Place
from tests.support.registry import random_checkpoint

SENTENCE = "is of a newer version of the playground: this code does not know its migration runs.9"
WEB = "from playground.asgi import start; start()"
PARTS = {
    "up": ["manage.py", "up"],
    "worker": ["manage.py", "worker", "--model", "tiny"],
    "web": ["-m", "uvicorn", "playground.asgi:start", "--factory", "--port", "0"],
    "doctor": ["manage.py", "doctor"],
}


@pytest.fixture(scope="module")
def newer_installation(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An installation that was updated and used, and whose code was then taken back."""
    folder = tmp_path_factory.mktemp("newer")
    place = Place(folder, random_checkpoint(folder / "random")).prepare()
    launcher = Launcher(folder)
    migrate = launcher("manage.py", "migrate", "--verbosity=0", name="migrate", **place.environ)
    assert migrate.wait(timeout=60) == 0
    database = sqlite3.connect(place.var_dir / "playground.sqlite3")
    with database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, ?)",
            ("runs", "9999_from_the_future", "2030-01-01"),
        )
    database.close()
    return place


@pytest.mark.parametrize("part", PARTS)
def test_each_part_says_so_and_ends(newer_installation: Place, launch: Launcher, part: str) -> None:
    process = launch(*PARTS[part], name=part, **newer_installation.environ)

    assert process.wait(timeout=60) != 0
    said = process.tail(200)
    assert said.count(SENTENCE) == 1
    assert "restore the backup" in said
    assert "Traceback" not in said
