"""Runs of tuned models in the history: titles, the filter, files that come back."""

import io
import json
import re
from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from playground.accounts.models import Person
from playground.checkpoints.models import Adapter
from playground.checkpoints.services import adapter_delete, adapter_rename
from playground.core.errors import InvalidInput
from playground.history.exports import comma_separated, json_lines, markdown
from playground.history.imports import runs_import
from playground.history.listing import HistoryQuery, history_page
from playground.runs.deletion import runs_delete_all
from playground.runs.models import Run
from tests.conftest import make_run
from tests.library.saved import guest_of
from tests.support.adapters import make_adapter
from tests.support.markup import flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


@pytest.fixture
def tuned(person: Person, adapter: Adapter) -> Run:
    return make_run(person, adapter=adapter, status="succeeded", text=" there was")


@pytest.fixture
def plain(person: Person) -> Run:
    return make_run(person, status="succeeded", text=" there was")


def listed(person: Person, model: str) -> list[Run]:
    return list(history_page(person, HistoryQuery(model=model)).runs)


def test_a_tuned_model_and_its_base_are_told_apart(
    person: Person, stranger: Person, adapter: Adapter, tuned: Run, plain: Run
) -> None:
    assert listed(person, adapter.name) == [tuned]
    assert listed(person, "tiny") == [plain]
    assert listed(person, "") == [plain, tuned]
    assert listed(stranger, adapter.name) == []


def test_the_list_and_its_filter_show_titles(
    person: Person, adapter: Adapter, tuned: Run, plain: Run
) -> None:
    adapter_rename(adapter=adapter, title="Help <desk>")
    client = guest_of(person)

    shown = flat(client.get("/history/", {"model": adapter.name}).content.decode())

    assert f'<option value="{adapter.name}" selected>Help &lt;desk&gt;</option>' in shown
    assert '<span translate="no">Help &lt;desk&gt;</span>' in shown
    assert str(plain.pk) not in shown
    adapter_delete(adapter=adapter)
    shown = flat(client.get("/history/").content.decode())
    assert "Help &lt;desk&gt; (deleted)</option>" in shown


def test_a_page_of_many_models_is_as_many_queries(
    person: Person,
    tuned: Run,
    tmp_path: Path,
    text_side: Path,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(3):
        make_run(person, adapter=make_adapter(person, tmp_path, text_side, title=f"M{number}"))

    with django_assert_num_queries(2):
        titles = [run.model_title for run in history_page(person, HistoryQuery()).runs]

    assert titles == ["M2", "M1", "M0", "Support answers"]


def test_exports_have_the_title_and_a_line_has_both_names(
    person: Person, adapter: Adapter, tuned: Run
) -> None:
    runs = Run.objects.filter(person=person)

    assert "- Model: `Support answers`" in "".join(markdown(runs))
    assert ",Support answers," in "".join(comma_separated(runs))
    line = json.loads("".join(json_lines(runs)))
    assert (line["model"], line["adapter"]) == ("tiny", adapter.name)


def test_a_comparison_names_the_tuned_model(person: Person, tuned: Run, plain: Run) -> None:
    address = f"/history/compare/?a={plain.pk}&b={tuned.pk}"

    shown = flat(guest_of(person).get(address).content.decode())

    assert re.search(r"Model<.{0,200}tiny.{0,200}Support answers", shown)


def export(person: Person, **values: object) -> io.BytesIO:
    (line,) = json_lines(Run.objects.filter(person=person))
    return io.BytesIO(json.dumps({**json.loads(line), **values}).encode())


def test_a_run_comes_back_with_its_tuned_model(
    person: Person, adapter: Adapter, tuned: Run
) -> None:
    file = export(person)
    runs_delete_all(person=person)
    adapter_delete(adapter=adapter)

    runs_import(person=person, file=file)

    run = Run.objects.get()
    assert (run.pk, run.model, run.adapter) == (tuned.pk, "tiny", adapter)


@pytest.mark.parametrize("name", ["tiny:gone-abcd", "", None, "<script>"])
def test_a_tuned_model_that_is_not_here_leaves_the_base(
    person: Person, tuned: Run, name: str | None
) -> None:
    file = export(person, adapter=name)
    runs_delete_all(person=person)

    runs_import(person=person, file=file)

    run = Run.objects.get()
    assert (run.model, run.adapter) == ("tiny", None)


def test_somebody_elses_tuned_model_is_not_taken(
    person: Person, stranger: Person, tuned: Run
) -> None:
    runs_import(person=stranger, file=export(person))

    run = Run.objects.get(person=stranger)
    assert (run.model, run.adapter) == ("tiny", None)


def test_a_tuned_model_of_another_base_is_not_taken(person: Person, tuned: Run) -> None:
    file = export(person, model="other")
    runs_delete_all(person=person)

    runs_import(person=person, file=file)

    run = Run.objects.get()
    assert (run.model, run.adapter) == ("other", None)


@pytest.mark.parametrize("name", [7, "x" * 81, ["tiny"]])
def test_a_line_whose_tuned_model_is_no_name_is_refused(
    person: Person, tuned: Run, name: object
) -> None:
    file = export(person, adapter=name)
    runs_delete_all(person=person)

    with pytest.raises(InvalidInput, match="“adapter”"):
        runs_import(person=person, file=file)
