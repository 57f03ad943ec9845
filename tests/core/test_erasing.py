"""When deleted texts are erased from the files, and by whom (tests/faults checks the files)."""

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
def rewrites(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One entry for each time the append-only file was rewritten."""
    done: list[bool] = []
    monkeypatch.setattr(erasing, "_rewrite_tokens", lambda: done.append(True) or True)
    return done


def is_erasure_requested() -> bool:
    return Erasure.objects.filter(asked_at__isnull=False).exists()


def make_erasure_due() -> None:
    Erasure.objects.update(not_before=timezone.now())


def test_nothing_is_erased_before_a_request(rewrites: list[bool]) -> None:
    assert erasure_do()

    assert not rewrites
    assert not Erasure.objects.exists()


def test_an_erasure_runs_once_and_the_next_one_after_a_pause(rewrites: list[bool]) -> None:
    erasure_ask()
    assert is_erasure_requested()

    assert erasure_do()
    assert not is_erasure_requested()
    erasure_ask()
    erasure_do()
    assert (len(rewrites), is_erasure_requested()) == (1, True)
    make_erasure_due()
    assert erasure_do()

    assert (len(rewrites), is_erasure_requested()) == (2, False)


def test_only_one_of_two_workers_erases(
    rewrites: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure_ask()

    def meanwhile(*, until: float) -> bool:
        # Another worker's sweep comes while this one merges.
        assert erasure_do()
        return True

    monkeypatch.setattr(erasing, "_merge_words", meanwhile)
    assert erasure_do()

    assert len(rewrites) == 1


def test_texts_deleted_during_an_erasure_are_erased_by_the_next(
    rewrites: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure_ask()

    def meanwhile(*, until: float) -> bool:
        erasure_ask()
        return True

    monkeypatch.setattr(erasing, "_merge_words", meanwhile)
    erasure_do()

    assert is_erasure_requested()


def test_another_worker_takes_over_when_one_dies_during_an_erasure(
    rewrites: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure_ask()
    monkeypatch.setattr(erasing, "_merge_words", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        erasure_do()
    monkeypatch.undo()
    monkeypatch.setattr(erasing, "_rewrite_tokens", lambda: True)

    later = timezone.now() + timedelta(seconds=erasing.CLAIM_SECONDS + 1)
    monkeypatch.setattr(erasing.timezone, "now", lambda: later)

    assert erasure_do()
    assert not is_erasure_requested()


@on_sqlite
def test_a_log_in_use_is_emptied_when_its_reader_has_finished(
    rewrites: list[bool],
) -> None:
    name = connection.settings_dict["NAME"]
    reader = sqlite3.connect(name, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM core_searchentry").fetchone()
    erasure_ask()

    assert not erasure_do()
    assert is_erasure_requested()
    assert connection.cursor().execute("PRAGMA busy_timeout").fetchone()[0] > 1_000

    reader.close()
    make_erasure_due()
    assert erasure_do()
    assert not is_erasure_requested()


@on_sqlite
def test_a_large_index_is_merged_in_small_steps(
    rewrites: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "_MERGE_PAGES", 1)
    monkeypatch.setattr(erasing, "BUDGET_SECONDS", 0.0)
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
        make_erasure_due()
        calls += 1

    assert calls > 2
    assert not is_erasure_requested()
    assert not search.matching(kind="run", owner=owner, query="word3x7").exists()
    assert search.matching(kind="run", owner=owner, query="word30x7").exists()


def test_a_running_rewrite_is_followed_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def busy() -> None:
        raise redis.ResponseError("Background append only file rewriting already in progress")

    monkeypatch.setattr(erasing.blocking(), "bgrewriteaof", busy)
    erasure_ask()

    assert not erasure_do()
    assert is_erasure_requested()


def test_the_operators_own_redis_is_left_alone(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS = redis_address("redis://redis.example.org:6379/0", settings.EMBEDDED_SOCKET)
    monkeypatch.setattr(erasing.blocking(), "bgrewriteaof", lambda: 1 / 0)
    erasure_ask()

    assert erasure_do()
