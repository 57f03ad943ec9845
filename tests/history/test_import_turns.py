"""One import a person at a time."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from playground.accounts.models import Person
from playground.core.errors import ImportRunning, InvalidInput
from playground.history.import_turns import STALE, import_of, import_turn
from playground.history.imports import runs_import
from playground.history.models import Import
from playground.runs.models import Run
from tests.accounts.people import guest_client
from tests.history.test_import import import_rows, line

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def test_a_second_one_is_refused_until_the_first_is_done(person: Person, stranger: Person) -> None:
    with import_turn(person):
        with pytest.raises(ImportRunning, match="running already"):
            import_rows(person, line())
        assert import_rows(stranger, line()).runs == 1

    assert import_rows(person, line()).runs == 1


def test_the_page_answers_409_with_when_to_try_again(person: Person) -> None:
    with import_turn(person):
        upload = SimpleUploadedFile("runs.jsonl", json.dumps(line()).encode())
        answer = guest_client(person).post("/history/import/", {"file": upload})

        assert (answer.status_code, answer["Retry-After"]) == (409, "5")
        assert "An import is running." in guest_client(person).get("/history/").content.decode()
    assert not Run.objects.exists()


def test_a_refused_import_leaves_nothing(person: Person) -> None:
    with pytest.raises(InvalidInput):
        import_rows(person, b"rubbish")

    assert not Import.objects.exists()
    assert import_rows(person, line()).runs == 1
    assert not Import.objects.exists()


def test_an_import_whose_process_is_gone_holds_nobody_up(person: Person) -> None:
    long_ago = timezone.now() - STALE - timedelta(seconds=1)
    Import.objects.create(person=person, runs=9, saved=3, beat_at=long_ago)
    told = import_of(person)
    assert told is not None
    assert told.saved == 3

    assert import_rows(person, line()).runs == 1

    assert import_of(person) is None


def test_a_long_import_sends_heartbeats(person: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr("playground.history.import_turns.BEAT_SECONDS", 0)
    beats: list[object] = []
    file = io.BytesIO("".join(json.dumps(line()) + "\n" for _ in range(5)).encode())
    readline = file.readline

    def look(*arguments: int) -> bytes:
        beats.append(Import.objects.get(person=person).beat_at)
        return readline(*arguments)

    monkeypatch.setattr(file, "readline", look, raising=False)

    runs_import(person=person, file=file)

    assert len(set(beats)) > 3
