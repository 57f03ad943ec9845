"""Rows that run: a few at a time, one after the other, and never twice."""

import csv
import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, OperationalError
from django.test import Client
from pytest_django.fixtures import Settings

from playground.accounts.exporting import export_lines
from playground.accounts.leaving import person_delete
from playground.accounts.models import Person
from playground.batches import starting
from playground.batches.models import Batch, BatchRow
from playground.batches.starting import row_start, rows_start, rows_start_after, rows_sweep
from playground.core.redis.clients import blocking
from playground.library.models import Prompt
from playground.runs.models import Run
from playground.runs.services import run_create
from tests.conftest import make_run
from tests.library.saved import HTMX, guest_of, saved_prompt

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

TABLE = "city\nRome\nOslo\nBonn\nKiel\nLyon\nBari"


@pytest.fixture
def guest(person: Person) -> Client:
    return guest_of(person)


@pytest.fixture
def prompt(person: Person) -> Prompt:
    return saved_prompt(person, "Old {{city}}", "In {{city}}", title="Cities")


def run_rows(guest: Client, prompt: Prompt, table: str = TABLE) -> Batch:
    response = guest.post(f"/prompts/{prompt.pk}/rows/", {"table": table})
    assert response.status_code == 303, response.content.decode()
    batch = Batch.objects.latest("created_at")
    assert response["Location"] == f"/rows/{batch.pk}/"
    return batch


def end(run: Run, text: str = "out", **values: str) -> None:
    """As a worker ends a run, and then looks for the next row."""
    Run.objects.filter(pk=run.pk).update(**{"status": "succeeded", "text": text, **values})
    rows_start_after(person_id=run.person_id)


def prompts_of(batch: Batch) -> list[str]:
    started = BatchRow.objects.filter(batch=batch, run__isnull=False).order_by("number")
    return [row.run.prompt for row in started.select_related("run") if row.run]


def test_rows_start_as_earlier_ones_end_and_leave_room_for_other_runs(
    guest: Client, prompt: Prompt, person: Person, settings: Settings
) -> None:
    settings.LIMIT_PERSON_ACTIVE = 4

    batch = run_rows(guest, prompt)

    assert prompts_of(batch) == ["In Rome", "In Oslo"]
    assert prompt.head is not None
    assert set(Run.objects.values_list("version_id", flat=True)) == {prompt.head.pk}
    for left in range(4, 0, -1):
        assert batch.row_states.filter(state="waiting").count() == left
        end(Run.objects.filter(status="queued").earliest("number"))
    assert prompts_of(batch) == [f"In {city}" for city in TABLE.split("\n")[1:]]
    assert Run.objects.filter(person=person).count() == 6


def test_rows_wait_while_the_person_has_no_room_and_the_sweep_goes_on(
    guest: Client, prompt: Prompt, person: Person, settings: Settings
) -> None:
    settings.LIMIT_PERSON_ACTIVE = 2
    others = [make_run(person), make_run(person)]

    batch = run_rows(guest, prompt)
    assert prompts_of(batch) == []
    Run.objects.filter(pk=others[0].pk).update(status="succeeded")

    assert rows_sweep() == 1
    assert prompts_of(batch) == ["In Rome"]


def test_a_row_that_another_worker_has_started_is_not_started_again(
    guest: Client, prompt: Prompt, settings: Settings
) -> None:
    settings.LIMIT_PERSON_ACTIVE = 2
    batch = run_rows(guest, prompt)
    seen = batch.row_states.get(number=1)

    assert row_start(seen)
    assert not row_start(seen)

    assert prompts_of(batch) == ["In Rome", "In Oslo"]
    assert Run.objects.count() == 2


def test_an_earlier_table_goes_first(guest: Client, prompt: Prompt, settings: Settings) -> None:
    settings.LIMIT_PERSON_ACTIVE = 2
    first, second = run_rows(guest, prompt, "city\nA\nB"), run_rows(guest, prompt, "city\nC")

    end(Run.objects.get(prompt="In A"))
    assert (prompts_of(first), prompts_of(second)) == (["In A", "In B"], [])
    end(Run.objects.get(prompt="In B"))

    assert prompts_of(second) == ["In C"]


def test_a_full_queue_keeps_rows_waiting(
    guest: Client, prompt: Prompt, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = blocking()
    client.config_set("maxmemory", "1")
    try:
        batch = run_rows(guest, prompt)
    finally:
        client.config_set("maxmemory", "0")

    assert batch.row_states.filter(state="waiting").count() == 6
    assert rows_start(person=person) == 4


def test_a_row_that_is_refused_says_why_and_the_others_go_on(
    guest: Client, prompt: Prompt, person: Person, settings: Settings
) -> None:
    settings.LIMIT_PERSON_ACTIVE = 2
    batch = run_rows(guest, prompt, "city\nRome\nOslo\nBonn")
    settings.LIMIT_PERSON_RUNS = 1
    Run.objects.update(status="succeeded", text="x")

    rows_sweep()
    settings.LIMIT_PERSON_RUNS = 100
    rows_sweep()

    assert list(batch.row_states.values_list("state", flat=True).order_by("number")) == [
        "started",
        "refused",
        "started",
    ]
    assert "You keep 1 of at most 1 runs" in guest.get(f"/rows/{batch.pk}/").content.decode()


def test_a_row_that_fails_for_good_keeps_no_other_waiting(
    guest: Client, prompt: Prompt, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_for_oslo(**run: Any) -> Run:
        if "Oslo" in run["prompt"]:
            raise ValueError("surrogates not allowed")
        return run_create(**run)

    monkeypatch.setattr(starting, "run_create", fail_for_oslo)

    batch = run_rows(guest, prompt, "city\nRome\nOslo\nBonn")

    assert prompts_of(batch) == ["In Rome", "In Bonn"]
    page = guest.get(f"/rows/{batch.pk}/").content.decode()
    assert "The row could not be started: surrogates not allowed." in page


def test_a_row_waits_through_an_outage_and_a_move_into_an_account(
    guest: Client, prompt: Prompt, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Person.objects.create()

    def move_meanwhile(_form: object) -> None:
        Batch.objects.update(person=account)
        raise IntegrityError("FOREIGN KEY constraint failed")

    def be_away(**_run: Any) -> Run:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(starting, "run_create", be_away)
    # It is accepted: sent again, it would run twice.
    batch = run_rows(guest, prompt, "city\nRome")
    monkeypatch.setattr(starting, "finished_prompt", move_meanwhile)
    rows_start(person=person)
    monkeypatch.undo()

    assert batch.row_states.get().state == "waiting"


def test_stopping_starts_no_more_rows_and_stops_those_that_run(
    guest: Client, prompt: Prompt, settings: Settings
) -> None:
    settings.LIMIT_PERSON_ACTIVE = 4
    batch = run_rows(guest, prompt)

    for _ in range(2):
        assert guest.post(f"/rows/{batch.pk}/stop/").status_code == 303

    assert set(Run.objects.values_list("status", flat=True)) == {"cancelled"}
    assert batch.row_states.filter(state="stopped").count() == 4
    assert rows_sweep() == 0
    page = guest.get(f"/rows/{batch.pk}/").content.decode()
    assert "2 stopped, 4 not started" in page
    assert "hx-trigger" not in page


def test_the_page_shows_each_row_and_asks_again_only_for_what_is_new(
    guest: Client, prompt: Prompt
) -> None:
    batch = run_rows(guest, prompt, "city\nRome\n<b>")
    end(Run.objects.get(prompt="In Rome"), text=" is <i>old</i>")

    page = guest.get(f"/rows/{batch.pk}/").content.decode()
    assert "is &lt;i&gt;old&lt;/i&gt;" in page and "&lt;b&gt;" in page
    again = page.split('hx-get="')[1].split('"')[0]
    assert guest.get(again, headers=HTMX).status_code == 204
    end(Run.objects.get(prompt="In <b>"), text="")
    part = guest.get(again, headers=HTMX).content.decode()

    assert part.lstrip().startswith("<tbody") and "(wrote nothing)" in part
    assert "hx-trigger" not in part and "2 done" in part


def test_the_csv_has_columns_and_outputs_and_no_formulas(guest: Client, prompt: Prompt) -> None:
    batch = run_rows(guest, prompt, "city\nRome\n=1+1")
    end(Run.objects.get(prompt="In Rome"), text="=HYPERLINK(1)")

    response = guest.get(f"/rows/{batch.pk}/csv/")

    assert response["Content-Disposition"].startswith("attachment")
    text = response.content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["city", "output", "status"],
        ["Rome", "'=HYPERLINK(1)", "done"],
        ["'=1+1", "", "queued"],
    ]


def test_a_wrong_table_is_shown_again_with_the_reason(guest: Client, prompt: Prompt) -> None:
    response = guest.post(f"/prompts/{prompt.pk}/rows/", {"table": "town\nRome"})

    page = response.content.decode()
    assert response.status_code == 400
    assert "nothing called “town”" in page and "town\nRome</textarea>" in page
    assert not Batch.objects.exists()


def test_a_check_keeps_nothing_and_counts_the_rows(guest: Client, prompt: Prompt) -> None:
    address = f"/prompts/{prompt.pk}/rows/check/"

    good = guest.post(address, {"table": TABLE}, headers=HTMX).content.decode()
    bad = guest.post(address, {"table": "town\nRome"}, headers=HTMX).content.decode()

    assert "Run 6 rows" in good and "form-error" not in good
    assert "nothing called “town”" in bad and "Run rows" in bad
    assert not Batch.objects.exists() and not Run.objects.exists()


def test_a_file_is_taken_instead_and_not_beside_a_pasted_table(
    guest: Client, prompt: Prompt
) -> None:
    address = f"/prompts/{prompt.pk}/rows/"

    def file() -> SimpleUploadedFile:
        return SimpleUploadedFile("cities.csv", b"city\r\nRome\r\n")

    both = guest.post(address, {"table": "city\nOslo", "file": file()})
    assert "a pasted table and a file" in both.content.decode()
    guest.post(address, {"table": "", "file": file()})

    assert Batch.objects.get().rows == [["Rome"]]


def test_a_limit_of_tables_says_where_to_delete_some(
    guest: Client, prompt: Prompt, settings: Settings
) -> None:
    settings.LIMIT_PERSON_BATCHES = 1
    batch = run_rows(guest, prompt)

    refused = guest.post(f"/prompts/{prompt.pk}/rows/", {"table": TABLE})
    assert refused.status_code == 409
    assert "of at most 1 tables of rows" in refused.content.decode()
    guest.post(f"/rows/{batch.pk}/delete/")

    assert not Batch.objects.exists()
    assert set(Run.objects.values_list("status", flat=True)) == {"cancelled"}
    run_rows(guest, prompt)


def test_a_deleted_run_leaves_its_row(guest: Client, prompt: Prompt) -> None:
    batch = run_rows(guest, prompt, "city\nRome")
    Run.objects.all().delete()

    assert "run deleted" in guest.get(f"/rows/{batch.pk}/").content.decode()
    assert rows_sweep() == 0


def test_an_export_has_the_rows_with_their_runs(
    guest: Client, prompt: Prompt, person: Person
) -> None:
    batch = run_rows(guest, prompt, "city\nRome")

    lines = [json.loads(line) for line in export_lines(person)]

    (line,) = [line for line in lines if line["kind"] == "table"]
    run = str(Run.objects.get().pk)
    assert (line["id"], line["columns"]) == (str(batch.pk), ["city"])
    assert line["rows"] == [{"cells": ["Rome"], "state": "started", "run": run, "error": ""}]


def test_nothing_starts_for_a_person_who_leaves(
    guest: Client, prompt: Prompt, person: Person, settings: Settings
) -> None:
    settings.LIMIT_PERSON_ACTIVE = 2
    run_rows(guest, prompt)

    person_delete(person=person)

    assert not Batch.objects.exists() and not Run.objects.exists()


def test_a_prompt_without_variables_says_what_to_do(guest: Client, person: Person) -> None:
    plain = saved_prompt(person, "Hello")

    assert (
        "This prompt has no variables" in guest.get(f"/prompts/{plain.pk}/rows/").content.decode()
    )
