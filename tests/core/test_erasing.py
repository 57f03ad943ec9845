"""When deleted texts are erased from the files, and who does it (tests/faults has the files)."""

import sqlite3
import uuid
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from playground.core import erasing, search
from playground.core.configuration.redis_url import redis_address
from playground.core.erasing import erasure_ask, erasure_do
from playground.core.models import Erasure

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_client"),
]
on_sqlite = pytest.mark.skipif(
    settings.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3",
    reason="PostgreSQL's files are not ours to clear",
)


@pytest.fixture
def rewritten(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """How often the append-only file was written anew."""
    done: list[bool] = []
    monkeypatch.setattr(erasing, "_rewrite_tokens", lambda: done.append(True) or True)
    return done


def is_asked() -> bool:
    return Erasure.objects.filter(asked_at__isnull=False).exists()


def its_time_comes() -> None:
    Erasure.objects.update(not_before=timezone.now())


def test_nothing_is_done_before_it_is_asked(rewritten: list[bool]) -> None:
    assert erasure_do()

    assert not rewritten
    assert not Erasure.objects.exists()


def test_it_is_done_once_and_then_after_a_pause(rewritten: list[bool]) -> None:
    erasure_ask()
    assert is_asked()

    assert erasure_do()
    assert not is_asked()
    erasure_ask()
    erasure_do()
    assert (len(rewritten), is_asked()) == (1, True)
    its_time_comes()
    assert erasure_do()

    assert (len(rewritten), is_asked()) == (2, False)


def test_of_two_workers_one_does_it(rewritten: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    erasure_ask()

    def meanwhile(*, until: float) -> bool:
        # Another worker's sweep comes while this one merges.
        assert erasure_do()
        return True

    monkeypatch.setattr(erasing, "_merge_words", meanwhile)
    assert erasure_do()

    assert len(rewritten) == 1


def test_what_is_deleted_meanwhile_is_erased_next(
    rewritten: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure_ask()

    def meanwhile(*, until: float) -> bool:
        erasure_ask()
        return True

    monkeypatch.setattr(erasing, "_merge_words", meanwhile)
    erasure_do()

    assert is_asked()


def test_who_died_over_it_is_followed_by_another(
    rewritten: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure_ask()
    monkeypatch.setattr(erasing, "_merge_words", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        erasure_do()
    monkeypatch.undo()
    monkeypatch.setattr(erasing, "_rewrite_tokens", lambda: True)

    later = timezone.now() + timedelta(seconds=erasing.CLAIM + 1)
    monkeypatch.setattr(erasing.timezone, "now", lambda: later)

    assert erasure_do()
    assert not is_asked()


@on_sqlite
def test_a_log_that_somebody_reads_is_emptied_when_they_are_through(
    rewritten: list[bool],
) -> None:
    name = connection.settings_dict["NAME"]
    reader = sqlite3.connect(name, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM core_searchentry").fetchone()
    erasure_ask()

    assert not erasure_do()
    assert is_asked()
    assert connection.cursor().execute("PRAGMA busy_timeout").fetchone()[0] > 1_000

    reader.close()
    its_time_comes()
    assert erasure_do()
    assert not is_asked()


@on_sqlite
def test_a_large_index_is_merged_a_little_at_a_time(
    rewritten: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "_MERGE_PAGES", 1)
    monkeypatch.setattr(erasing, "BUDGET", 0.0)
    owner = uuid.uuid4()
    made = [uuid.uuid4() for _ in range(40)]
    for number, object_id in enumerate(made):
        text = " ".join(f"word{number}x{place}" for place in range(300))
        search.put(kind="run", object_id=object_id, owner=owner, words=search.words(text))
    search.drop(kind="run", object_ids=made[:20])
    erasure_ask()

    calls = 1
    while not erasure_do():
        assert calls < 2_000
        its_time_comes()
        calls += 1

    assert calls > 2
    assert not is_asked()
    assert not search.matching(kind="run", owner=owner, query="word3x7").exists()
    assert search.matching(kind="run", owner=owner, query="word30x7").exists()


def test_a_rewrite_that_is_going_on_is_followed_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def busy() -> None:
        raise redis.ResponseError("Background append only file rewriting already in progress")

    monkeypatch.setattr(erasing.blocking(), "bgrewriteaof", busy)
    erasure_ask()

    assert not erasure_do()
    assert is_asked()


def test_a_redis_of_the_operators_own_is_left_alone(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS = redis_address("redis://redis.example.org:6379/0", settings.EMBEDDED_SOCKET)
    monkeypatch.setattr(erasing.blocking(), "bgrewriteaof", lambda: 1 / 0)
    erasure_ask()

    assert erasure_do()
