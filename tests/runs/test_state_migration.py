"""Rows from before `Run.state`, made by the code of that time:

each shows the same page as before.
"""

import json
import logging
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from playground.library.models import Draft, PromptVersion
from playground.prompts.state import form_of_state, template_named
from playground.runs.models import Run
from tests.support.migrating import migrate

BEFORE = [
    ("accounts", "0003_person_address"),
    ("runs", "0008_plain_texts"),
    ("prompts", "0006_sizes"),
]
# Each with the run's row, and as `state` the page that the code of that time opened for it, without
# the second text that was in the fields.
ROWS = json.loads((Path(__file__).parent / "rows_before_one_state.json").read_text("utf-8"))
MIGRATION = import_module("playground.runs.migrations.0010_one_state")
# Rows of imports and of older versions: no content of theirs may stop the migration of others.
ODD: list[Any] = [[], "whole", {"whole": 5, "variables": {"a": 1}}, {"x": '"whole"'}]


@pytest.fixture
def old_models(transactional_db: None) -> Iterator[Any]:
    """The models before the migration. The newest ones are restored afterwards."""
    yield migrate(BEFORE)
    migrate()


def make(old_models: Any, **row: Any) -> Any:
    person, _ = old_models.get_model("accounts", "Person").objects.get_or_create()
    runs = old_models.get_model("runs", "Run").objects
    run = {"prompt": "p", "parameters": {"max_tokens": 4}, "max_tokens": 4, "seed": 1, **row}
    return runs.create(person=person, number=runs.count() + 1, **run).pk


def shown_state(run: Run) -> dict[str, Any]:
    """The state of the page that opens with ``run``."""
    return form_of_state(template_named(run.template), run.state).state().to_json()


def test_every_run_opens_with_its_original_page(old_models: Any) -> None:
    made = {row["name"]: make(old_models, **row["row"]) for row in ROWS}
    odd = [make(old_models, fields=fields) for fields in ODD]

    migrate()

    for row in ROWS:
        run = Run.objects.get(pk=made[row["name"]])
        assert run.prompt == row["row"]["prompt"]
        assert {"whole", "variables"}.isdisjoint(run.fields)
        assert shown_state(run) == row["state"], row["name"]
    assert Run.objects.filter(pk__in=odd).count() == len(ODD)
    number_and_list, text_with_mark = Run.objects.filter(pk__in=odd[-2:]).order_by("number")
    assert (number_and_list.fields, number_and_list.variables) == ({}, [])
    assert number_and_list.source is None
    assert text_with_mark.fields == {"x": '"whole"'}


def test_no_text_is_stored_twice(old_models: Any) -> None:
    made = [make(old_models, **row["row"]) for row in ROWS]
    sizes = dict(old_models.get_model("runs", "Run").objects.values_list("pk", "size"))

    migrate()

    for run in Run.objects.filter(pk__in=made):
        assert run.source != run.prompt
        # Only the brackets of three empty lists were added.
        assert run.size <= sizes[run.pk] + len("[][][]")


def test_an_interrupted_migration_continues(
    old_models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [make(old_models, prompt=f"end {n}", fields={"whole": f"the end {n}"}) for n in range(5)]
    batches = []

    def fail_at_the_second(rows: Any, act: Any, *, event: str) -> int:
        batches.append(rows)
        if len(batches) == 2:
            raise OperationalError("the database went away")
        return each_alone(rows, act, event=event)

    each_alone = MIGRATION.each_alone
    monkeypatch.setattr(MIGRATION, "BATCH", 2)
    monkeypatch.setattr(MIGRATION, "each_alone", fail_at_the_second)
    with pytest.raises(OperationalError):
        migrate()

    migrate()

    assert [len(rows) for rows in batches] == [2, 2, 2, 1]
    runs = Run.objects.filter(pk__in=made).order_by("number")
    assert [run.state.text for run in runs] == [f"the end {n}" for n in range(5)]


def test_a_row_that_cannot_be_moved_stops_no_other(
    old_models: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = (make(old_models, fields={"whole": text}) for text in ("bad", "good"))
    move = MIGRATION._move

    def refuse(runs: Any, run_id: Any) -> None:
        if run_id == bad:
            raise ValueError("it is damaged")
        move(runs, run_id)

    monkeypatch.setattr(MIGRATION, "_move", refuse)

    with caplog.at_level(logging.ERROR):
        migrate()

    assert Run.objects.get(pk=good).state.text == "good"
    assert Run.objects.get(pk=bad).fields == {"whole": "bad"}
    assert "run_state_not_moved" in caplog.text


def test_versions_and_drafts_keep_their_text_once(old_models: Any) -> None:
    person = old_models.get_model("accounts", "Person").objects.create()
    prompt = old_models.get_model("prompts", "Prompt").objects.create(
        person=person, template="free"
    )
    fields = {"inject_start": ":", "whole": "Hello"}
    state = {"fields": fields, "text": "Hello", "parameters": {}, "model": "", "variables": []}
    old_models.get_model("prompts", "PromptVersion").objects.create(
        prompt=prompt, number=1, text="Hello", fields=fields, parameters={}
    )
    drafts = old_models.get_model("prompts", "Draft").objects
    drafts.create(person=person, template="free", state=state)
    drafts.create(person=person, template="qa", state=[])

    migrate()

    version = PromptVersion.objects.get(prompt=prompt.pk)
    assert (version.text, version.fields) == ("Hello", {"inject_start": ":"})
    draft = Draft.objects.get(template="free")
    assert draft.state == {**state, "fields": {"inject_start": ":"}}
    assert Draft.objects.get(template="qa").state == []
