"""Runs from a file: all of them unchanged, or none and the line with the error."""

import io
import json
import uuid
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.core import search
from playground.core.errors import InvalidInput
from playground.core.search import new_number
from playground.core.texts import plain_text
from playground.history import import_lines, import_plan
from playground.history.exports import json_lines
from playground.history.imports import Imported, runs_import
from playground.library.models import Prompt, PromptVersion
from playground.runs.deletion import runs_delete_all
from playground.runs.finishing import run_index, run_words
from playground.runs.models import Run
from playground.workbench.tree import tree_of
from tests.conftest import make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def guest(person: Person) -> Client:
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


def grow(person: Person, parent: Run | None = None, *, minute: int = 0, **values: object) -> Run:
    moment = DAY + timedelta(minutes=minute, microseconds=123_457)
    run_id = uuid.uuid4()
    row: dict[str, object] = {
        "status": "succeeded",
        "text": " an output ü",
        "stop_sequence": "\n",
        "tokens": [[50, " an"], [51, " output", -0.25, [[51, -0.25], [52, -1.5]]], [7, " ü"]],
        "completion_tokens": 3,
        "parameters": {"max_tokens": 16, "temperature": 0.5, "stop": ["\n"], "logprobs": 2},
        "first_token_ms": 31.25,
        "tokens_per_second": 88.5,
        "started_at": moment,
        "finished_at": moment + timedelta(seconds=2),
        "fields": {"columns": "a, b", "examples": [["x", "y"]], "detached": True},
        **values,
    }
    run = make_run(
        person,
        id=run_id,
        parent=parent,
        tree=parent.tree if parent else run_id,
        created_at=moment,
        number=new_number(int(moment.timestamp()) * 10**9 + 123_457_000),
        **row,
    )
    run_index(run_id=run.pk, words=run_words(run.prompt, run.text))
    return run


def export(person: Person) -> bytes:
    return "".join(json_lines(Run.objects.filter(person=person))).encode()


def import_rows(person: Person, *lines: object) -> Imported:
    data = b"".join(
        line if isinstance(line, bytes) else (json.dumps(line) + "\n").encode() for line in lines
    )
    return runs_import(person=person, file=io.BytesIO(data))


def line(**values: object) -> dict[str, object]:
    return {
        "kind": "run",
        "version": 1,
        "id": str(uuid.uuid4()),
        "model": "tiny",
        "template": "free",
        "prompt": "Once",
        "text": " upon a time",
        "status": "succeeded",
        "parameters": {"max_tokens": 16},
        "seed": 1,
        "created_at": "2026-03-01T12:00:00+00:00",
        **values,
    }


def state(person: Person) -> list[dict[str, Any]]:
    """All rows, without the values that an import sets:

    the random digits of a number, the address.
    """
    rows = list(Run.objects.filter(person=person).order_by("number").values())
    for row in rows:
        row["number"] //= 1000
    return rows


def test_export_wipe_import_gives_the_same(person: Person) -> None:
    version = PromptVersion.objects.create(
        prompt=Prompt.objects.create(person=person, template="free", title="t"),
        number=1,
        text="t",
        parameters={},
    )
    root = grow(person, starred=True, version_id=version.pk)
    branch = grow(person, root, minute=1, prompt="edited zebra")
    grow(person, root, minute=2, origin=branch, status="cancelled", finish_reason="abort")
    grow(person, branch, minute=3, status="failed", error_code="x", error_message="sorry")
    grow(person, minute=4, seed_pinned=True, template="table")
    other = {"text": " b", "tokens": [[7, " b"]], "finish_reason": "stop", "stop_sequence": "\n"}
    grow(
        person,
        minute=5,
        source="Once {{when}} a time",
        variables=[{"name": "when"}],
        n=2,
        parameters={"max_tokens": 16, "n": 2},
        other_choices=[other],
    )
    before, file = state(person), export(person)
    tree = [(node.run.pk, node.level) for node in tree_of(branch).nodes]

    runs_delete_all(person=person)
    assert state(person) == []
    assert import_rows(person, file) == Imported(runs=6, here=0)

    assert state(person) == before
    assert [(node.run.pk, node.level) for node in tree_of(branch).nodes] == tree
    assert list(search.matching(kind="run", owner=person.pk, query="zebra")) == [branch.pk]
    assert export(person) == file


def test_a_run_of_version_1_opens_the_page_that_it_was_exported_from(person: Person) -> None:
    variables = [{"name": "when", "kind": "line", "value": "upon"}]
    fields = {"inject_restart": "\n", "variables": variables, "whole": "Once {{when}}"}
    odd = {"variables": {"a": 1}, "whole": 5}

    import_rows(person, line(fields=fields, prompt="Once upon"), line(fields=odd, prompt="x"))

    run, of_odd = (Run.objects.get(person=person, prompt=prompt) for prompt in ("Once upon", "x"))
    assert (run.state.text, run.state.variables) == ("Once {{when}}", variables)
    assert run.state.fields == {"inject_restart": "\n"}
    assert (of_odd.state.text, of_odd.state.variables, of_odd.state.fields) == ("x", [], {})


def test_existing_runs_are_not_doubled(person: Person) -> None:
    root = grow(person)
    grow(person, root, minute=1)
    file = export(person)
    Run.objects.filter(parent=root).delete()
    search.drop(kind="run", object_ids=[json.loads(file.splitlines()[0])["id"]])

    assert import_rows(person, file) == Imported(runs=1, here=1)

    assert export(person) == file


def test_another_persons_export_becomes_a_copy_with_new_ids(
    person: Person, stranger: Person
) -> None:
    root = grow(stranger)
    branch = grow(stranger, root, minute=1)
    grow(stranger, root, minute=2, origin=branch)
    file, theirs = export(stranger), state(stranger)

    assert import_rows(person, file) == Imported(runs=3, here=0)

    assert state(stranger) == theirs
    first, second, third = Run.objects.filter(person=person).order_by("number")
    assert not {first.pk, second.pk, third.pk} & {row["id"] for row in theirs}
    assert (second.parent_id, third.parent_id, third.origin_id) == (first.pk, first.pk, second.pk)
    assert {first.tree, second.tree, third.tree} == {first.pk}


def test_a_line_may_only_refer_to_own_rows(person: Person, stranger: Person) -> None:
    theirs = grow(stranger)
    version = PromptVersion.objects.create(
        prompt=Prompt.objects.create(person=stranger, template="free", title="t"),
        number=1,
        text="t",
        parameters={},
    )

    import_rows(
        person,
        line(parent=str(theirs.pk), origin=str(theirs.pk), prompt_version=str(version.pk)),
    )

    run = Run.objects.get(person=person)
    assert (run.parent_id, run.origin_id, run.version_id) == (None, None, None)


def test_a_run_exported_while_live_is_imported_as_stopped(person: Person) -> None:
    import_rows(person, line(status="running", text=""))

    run = Run.objects.get(person=person)
    assert (run.status, run.finish_reason) == ("cancelled", "abort")


def test_an_older_export_is_normalised(person: Person) -> None:
    tokens = [[1, "one\r"], [2, "\ntwo\0"], [3, "\r\n"]]

    import_rows(person, line(prompt="a\r\nb", text="one\r\ntwo\0\r\n", tokens=tokens))

    run = Run.objects.get(person=person)
    assert (run.prompt, run.text) == ("a\nb", "one\ntwo\ufffd\n")
    assert run.tokens == [[1, "one\n"], [2, "two\ufffd"], [3, "\n"]]


def test_a_text_with_more_words_than_the_search_takes_is_imported(person: Person) -> None:
    text = " ".join(f"{number:05x}\ufdfa{number:05x}" for number in range(16_000))

    assert import_rows(person, line(text=text), line()).runs == 2


def test_older_rows_are_normalised(person: Person) -> None:
    migration = import_module("playground.runs.migrations.0008_plain_texts")
    nul = "\0" if connection.vendor == "sqlite" else ""
    odd = grow(person, text=f"one\r\n{nul}", tokens=[[1, "one\r"], [2, f"\n{nul}", -0.5]])
    plain = grow(person, minute=1)

    migration.make_plain(apps, connection.schema_editor())

    odd.refresh_from_db()
    assert odd.text == f"one\n{plain_text(nul)}"
    assert odd.tokens == [[1, "one\n"], [2, plain_text(nul), -0.5]]
    before = plain.text
    plain.refresh_from_db()
    assert plain.text == before


def test_other_and_empty_lines_are_skipped(person: Person) -> None:
    account = {"kind": "account", "version": 1, "name": "x"}

    assert import_rows(person, account, b"\n", line(), b"  \n").runs == 1


WRONG: dict[str, tuple[object, str]] = {
    "no JSON": (b"{oops\n", "not JSON"),
    "NaN": (b'{"kind": "run", "seed": NaN}\n', "not JSON"),
    "deep": (b"[" * 100_000 + b"\n", "not JSON"),
    "no UTF-8": (b'{"kind": "\xff"}\n', "not UTF-8"),
    "a list": ([1], "kind"),
    "a number": (b"1\n", "kind"),
    "a version of tomorrow": (line(version=3), "versions 1 and 2"),
    "NUL": (line(prompt="a\0b"), "NUL"),
    "NUL in a key": (line(fields={"\0": 1}), "NUL"),
    "half a character": (
        b'{"kind":"run","version":1,"prompt":"\\ud800"}\n',
        "half of a character",
    ),
    "nested": (line(fields={"a": [[[[[[[[1]]]]]]]]}), "nested"),
    "a huge number": (line(fields={"a": 10**400}), "too large"),
    "no id": (line(id=None), "id"),
    "an id that is none": (line(id="x"), "id"),
    "an id of another type": (line(id=7), "id"),
    "a status": (line(status="flying"), "status"),
    "no model": (line(model=" "), "model"),
    "a long model": (line(model="m" * 81), "model"),
    "a prompt of another type": (line(prompt=["x"]), "prompt"),
    "a long prompt": (line(prompt="x" * 70_000), "prompt"),
    "parameters": (line(parameters=[]), "parameters"),
    "a parameter": (line(parameters={"temperature": 9}), "Temperature"),
    "an unknown parameter": (line(parameters={"heat": 1}), "heat"),
    "stops": (line(parameters={"stop": 7}), "parameters"),
    "a stop": (line(parameters={"stop": [7]}), "stop sequence"),
    "a seed": (line(seed=-1), "seed"),
    "a flag": (line(starred=1), "starred"),
    "tokens": (line(tokens={"a": 1}), "tokens"),
    "a token": (line(tokens=[[1, "a"], [1]]), "token 2"),
    "a token's likeliest": (line(tokens=[[1, "a", -0.1, [["x", 1]]]]), "token 1"),
    "a time": (line(created_at="yesterday"), "created_at"),
    "a time without a zone": (line(created_at="2026-03-01T12:00:00"), "created_at"),
    "a time of another type": (line(created_at=5), "created_at"),
    "a time to come": (line(created_at="2199-01-01T00:00:00+00:00"), "future"),
    "a figure": (line(first_token_ms=-1), "first_token_ms"),
    "fields": (line(fields=[]), "fields"),
    "variables": (line(version=2, variables={}), "variables"),
    "source": (line(version=2, source=1), "source"),
    "job": (line(job="bake"), "job"),
    "other choices": (line(other_choices=[1]), "other_choices"),
    "too many choices": (line(other_choices=[{}] * 8), "other_choices"),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_an_error_names_the_line_and_nothing_is_saved(person: Person, name: str) -> None:
    wrong, words = WRONG[name]

    with pytest.raises(InvalidInput) as error:
        import_rows(person, line(), b"\n", wrong, line())

    assert error.value.message.startswith("Line 3: ")
    assert words in error.value.message
    assert not Run.objects.exists()
    assert not search.SearchEntry.objects.exists()


def test_a_run_cannot_be_its_own_ancestor(person: Person) -> None:
    a, b = str(uuid.uuid4()), str(uuid.uuid4())

    with pytest.raises(InvalidInput, match="made after it"):
        import_rows(person, line(id=a, parent=b), line(id=b, parent=a))
    with pytest.raises(InvalidInput, match="made after it"):
        import_rows(person, line(id=a, parent=a))


def test_a_run_three_times_is_one_run(person: Person) -> None:
    one = line()

    assert import_rows(person, one, one, line(), one) == Imported(runs=2, here=0, repeats=2)

    assert Run.objects.filter(person=person).count() == 2


def test_limits(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_plan, "MAX_RUNS", 2)
    with pytest.raises(InvalidInput, match="Line 3: a file can hold 2 runs"):
        import_rows(person, line(), line(), line())
    monkeypatch.setattr(import_lines, "MAX_LINE_BYTES", 1 << 20)
    with pytest.raises(InvalidInput, match="Line 1: it has more than 1 MiB"):
        import_rows(person, b"x" * (3 << 20))
    with pytest.raises(InvalidInput, match="no run in this file"):
        import_rows(person, b"\n")


def test_runs_of_one_moment_have_different_numbers(person: Person) -> None:
    for _ in range(3):
        import_rows(person, *(line() for _ in range(700)))

    assert Run.objects.filter(person=person).count() == 2100


# --- The page -------------------------------------------------------------------------------


def test_a_file_is_posted(guest: Client, person: Person) -> None:
    grow(person)
    file = export(person)
    runs_delete_all(person=person)

    upload = SimpleUploadedFile("runs.jsonl", file)
    answer = guest.post("/history/import/", {"file": upload}, follow=True)
    assert "1 run imported." in answer.content.decode()
    answer = guest.post(
        "/history/import/", {"file": SimpleUploadedFile("runs.jsonl", file)}, follow=True
    )

    assert "0 runs imported. 1 of the file was here already." in answer.content.decode()
    assert export(person) == file


def test_the_page_shows_the_error(guest: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = guest.post("/history/import/", {"file": SimpleUploadedFile("x", b"{}\n<script>")})
    assert answer.status_code == 400
    assert "Line 1: " in answer.content.decode()
    assert guest.post("/history/import/").status_code == 400
    monkeypatch.setattr("playground.history.views.MAX_BYTES", 2)
    answer = guest.post("/history/import/", {"file": SimpleUploadedFile("x", b"{}\n")})
    assert "too large" in answer.content.decode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
OTHERS = (
    "tokens",
    "other_choices",
    "job",
    "fields",
    "variables",
    "source",
    "origin",
    "parent",
    "tree",
    "starred",
)
NAMES = st.sampled_from(sorted({*line(), *OTHERS}))
FIELD_NAMES = st.sampled_from(
    [
        "examples",
        "turns",
        "columns",
        "message",
        "text",
        "detached",
        "code",
        "inject_start",
        "variables",
        "whole",
    ]
)
TEMPLATE_NAMES = ["free", "chat", "qa", "translation", "table", "sql", "code", "unknown"]


class Rubbish(TestCase):
    def setUp(self) -> None:
        self.person = Person.objects.create()

    @settings(max_examples=300, deadline=None)
    @given(st.dictionaries(NAMES, JSON, max_size=4))
    def test_any_value_in_any_place_is_accepted_or_refused(self, values: dict[str, Any]) -> None:
        try:
            import_rows(self.person, json.dumps(line(**values)).encode())
        except InvalidInput as error:
            assert error.message.startswith(("Line 1: ", "There is no run"))

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=200))
    def test_any_bytes_are_refused(self, data: bytes) -> None:
        with pytest.raises(InvalidInput):
            import_rows(self.person, data)

    @settings(max_examples=80, deadline=None)
    @given(st.sampled_from(TEMPLATE_NAMES), st.dictionaries(FIELD_NAMES, JSON, max_size=4))
    def test_every_accepted_run_can_be_shown(self, template: str, fields: dict[str, Any]) -> None:
        one = line(template=template, fields=fields, tokens=[[1, "a", 0.5, [[1, 2]]]])
        try:
            import_rows(self.person, json.dumps(one).encode())
        except InvalidInput:
            return
        client = Client()
        client.cookies[COOKIE] = cookie_value(self.person.pk)

        for path in (f"/runs/{one['id']}/", f"/runs/{one['id']}/output/", "/history/"):
            assert client.get(path).status_code == 200
