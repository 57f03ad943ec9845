"""Runs of tuned models: what a run keeps, and when the files of a deleted one go."""

from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from playground.accounts.leaving import person_delete
from playground.accounts.models import Person
from playground.checkpoints.adapter_files import folder_of
from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Adapter
from playground.checkpoints.rings import rings_waiting
from playground.checkpoints.services import adapter_delete, adapter_rename
from playground.core.errors import ModelDeleted, NotFound
from playground.runs import services
from playground.runs.adapters import adapters_sweep
from playground.runs.deletion import runs_delete_all
from playground.runs.leases import run_claim
from playground.runs.models import Run
from playground.runs.parameters import Parameters
from playground.runs.selectors import get_run, queue_place
from playground.runs.services import run_create, run_retry
from playground.runs.state import PromptState
from tests.conftest import make_run
from tests.support.adapters import make_adapter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def create(person: Person, model: str) -> Run:
    parameters = Parameters(max_tokens=16).to_json()
    return run_create(
        person=person,
        address="here",
        template="free",
        state=PromptState(fields={}, text="Once", parameters=parameters, model=model),
        prompt="Once",
    )


def finish(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(status=Run.Status.SUCCEEDED)


@pytest.mark.django_db(transaction=True)
def test_a_run_of_a_tuned_model_waits_with_its_base(person: Person, adapter: Adapter) -> None:
    first = create(person, "tiny")
    run = create(person, adapter.name)

    assert (run.model, run.adapter, run.prompt_tokens) == ("tiny", adapter, 4)
    assert rings_waiting(GENERATE, "tiny") == 2
    place = queue_place(run)
    assert place is not None
    assert place.ahead == 1, "queues are by base"
    claimed = [run_claim(worker="w", model="tiny") for _ in range(2)]
    assert claimed == [first, run]


def test_its_state_and_title_name_the_tuned_model(
    person: Person, adapter: Adapter, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = create(person, adapter.name)
    adapter_rename(adapter=adapter, title="Help desk")

    with django_assert_num_queries(1):
        run = get_run(person, made.pk)
        assert (run.state.model, run.model_title) == (adapter.name, "Help desk")
    assert run_retry(person=person, address="here", run=run).adapter == adapter


def test_somebody_elses_tuned_model_runs_nothing(stranger: Person, adapter: Adapter) -> None:
    with pytest.raises(NotFound):
        create(stranger, adapter.name)

    assert not Run.objects.exists()


def test_a_deleted_one_takes_no_new_run_and_the_old_page_stays(
    person: Person, adapter: Adapter
) -> None:
    run = create(person, adapter.name)
    adapter_delete(adapter=adapter)

    with pytest.raises(ModelDeleted):
        create(person, adapter.name)
    with pytest.raises(ModelDeleted):
        run_retry(person=person, address="here", run=run)

    assert get_run(person, run.pk).model_title == "Support answers"


def test_one_that_is_deleted_at_that_moment_takes_no_run(
    person: Person, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "_check_queue", lambda: adapter_delete(adapter=adapter))

    with pytest.raises(ModelDeleted):
        create(person, adapter.name)

    assert not Run.objects.exists()


def test_files_stay_until_no_unfinished_run_holds_them(person: Person, adapter: Adapter) -> None:
    folder = folder_of(adapter.folder)
    waiting, running = create(person, adapter.name), create(person, adapter.name)
    Run.objects.filter(pk=running.pk).update(status=Run.Status.RUNNING, worker="w")
    adapters_sweep()
    assert folder.exists(), "it is not deleted"

    adapter_delete(adapter=adapter)
    for run in (waiting, running):
        adapters_sweep()
        assert folder.exists()
        finish(run)
    adapters_sweep()

    assert not folder.exists()
    assert Adapter.objects.get().folder == "", "its row stays: pages of runs need it"
    adapters_sweep()
    runs_delete_all(person=person)
    adapters_sweep()
    assert not Adapter.objects.exists()


def test_nobody_elses_files_go(
    person: Person, adapter: Adapter, adapters_dir: Path, text_side: Path, tmp_path: Path
) -> None:
    other = make_adapter(person, tmp_path, text_side, title="Other")
    adapter_delete(adapter=adapter)

    adapters_sweep()

    assert [path.name for path in adapters_dir.iterdir()] == [other.folder]
    assert Adapter.objects.get() == other


def test_a_person_with_runs_of_their_models_can_go(person: Person, adapter: Adapter) -> None:
    make_run(person, adapter=adapter, status="succeeded")

    person_delete(person=person)

    assert not Run.objects.exists()
    assert not Adapter.objects.exists()
