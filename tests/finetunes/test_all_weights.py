"""Training all weights: the form's choice, its recommended values, its plan, the trainer's job."""

from contextlib import nullcontext
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.checkpoints.config_file import parameter_count
from playground.checkpoints.models import Adapter
from playground.checkpoints.registry import registry
from playground.core.errors import CannotTrain
from playground.finetunes.estimates import make_plan, training_speed
from playground.finetunes.memory import (
    COMPARISON_BYTES,
    PROCESS_BYTES,
    Device,
    Need,
    check_memory,
    memory_needed,
)
from playground.finetunes.models import FineTune
from playground.finetunes.options import Options, default_options
from playground.finetunes.pages.words import size
from tests.finetunes.conftest import make_finetune, make_version
from workers.finetune.folder import describe_job
from workers.training.tuning.options import TuningOptions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]
FULL = default_options(1_000, "full")


@pytest.fixture
def client(person: Person) -> Client:
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


def form(client: Client, **query: str) -> str:
    response = client.get(reverse("finetunes:new"), query)
    return " ".join(response.content.decode().split())


def post(client: Client, person: Person, **values: str) -> Any:
    version = make_version(person)
    asked = {"version": str(version.pk), "duration": "epochs", **values}
    return client.post(reverse("finetunes:new"), asked)


def test_an_adapter_is_the_recommended_choice(client: Client, person: Person) -> None:
    make_version(person)

    text = form(client)

    assert "An adapter (recommended)" in text
    assert "it does not appear in the menu by itself" in text
    assert "the recommended learning rate is 0.0003" in text
    assert 'name="rank"' in text
    assert 'class="finetune-advanced">' in text


def test_recommended_values_switch_with_the_choice_and_what_was_typed_stays(
    client: Client, person: Person
) -> None:
    make_version(person)

    text = form(client, method="full", rank="8", batch="4", epochs="2")

    assert "Default 0.0003" in text
    assert 'id="ft-batch" name="batch" value="4"' in text
    assert 'id="ft-epochs" name="epochs" value="2"' in text
    # What says nothing about all weights is kept for an adapter.
    assert '<input type="hidden" name="rank" value="8">' in text
    assert 'id="ft-rank"' not in text
    assert 'class="finetune-advanced" open' in text


def test_without_scripts_an_empty_field_has_the_default_of_the_choice(
    client: Client, person: Person
) -> None:
    post(client, person, method="full", rate="", rank="8", dropout="0.3")

    options = Options.from_json(FineTune.objects.get().options)
    assert (options.method, options.rate) == ("full", 3e-4)
    assert options == FULL


def test_a_rate_that_was_typed_stays(client: Client, person: Person) -> None:
    post(client, person, method="full", rate="0.00002")

    assert FineTune.objects.get().options["rate"] == 2e-5


def test_another_choice_is_refused(client: Client, person: Person) -> None:
    response = post(client, person, method="everything")

    assert response.status_code == 400
    assert not FineTune.objects.exists()


def test_the_plan_counts_all_weights(client: Client, person: Person) -> None:
    version, base = make_version(person), registry().get("tiny")
    parameters = parameter_count(base) or 0

    full = make_plan(version=version, base=base, options=FULL)
    adapter = make_plan(version=version, base=base, options=Options())

    assert full.result_bytes == 4 * parameters
    assert full.checkpoint_bytes == 16 * parameters
    assert full.memory_bytes > adapter.memory_bytes
    text = form(client, method="full")
    assert f"about {size(full.result_bytes)} on the disk" in text


@pytest.mark.parametrize(("device", "best"), [("cpu", 4), ("cuda", 0)])
def test_its_memory_is_counted_for_each_weight(device: str, best: int) -> None:
    """Weights, gradients and two moments; the best ones so far; at the end the base beside them."""
    base = registry().get("tiny")
    parameters = parameter_count(base) or 0

    need = memory_needed(
        base, FULL, trained=parameters, longest=9, labels=9, device=Device(name=device)
    )

    assert need.trained == 16 * parameters
    assert need.base == PROCESS_BYTES[device] + best * parameters
    assert need.comparison == COMPARISON_BYTES + 4 * parameters


@pytest.mark.parametrize(
    ("device", "launcher", "is_refused"),
    [("cpu", ("srun",), True), ("cuda", (), True), ("cuda", ("srun",), False)],
)
def test_what_no_device_can_hold_is_refused_unless_several_divide_it(
    settings: Any, device: str, launcher: tuple[str, ...], is_refused: bool
) -> None:
    settings.FINETUNE_LAUNCHER = launcher
    base, small = registry().get("tiny"), Device(name=device, total=1 << 30)
    need = Need(base=0, trained=2 << 30, rows=0, one_row=0)

    refusal = pytest.raises(CannotTrain, match="Train an adapter") if is_refused else nullcontext()
    with refusal:
        check_memory(need, small, base, longest=9, method="full")


def test_its_speed_is_that_of_the_same_kind_of_training(person: Person) -> None:
    base = registry().get("tiny")
    old = make_finetune(person, progress={"tokens_per_s": 100.0})
    del old.options["method"]
    old.save()
    make_finetune(person, progress={"tokens_per_s": 300.0}, options=FULL.to_json())

    assert training_speed(base) == 100.0
    assert training_speed(base, "full") == 300.0


@pytest.mark.parametrize("device", ["cpu", "cuda:0"])
def test_the_trainer_takes_the_job(person: Person, settings: Any, device: str) -> None:
    settings.FINETUNE_QUANTIZE = "nf4"
    finetune = make_finetune(person, options=FULL.to_json())

    job = describe_job(finetune, registry().get("tiny"), device=device, held_out=2)

    del job["format"]
    job["samples"] = tuple(job["samples"])
    options = TuningOptions(**job)
    assert (options.method, options.rate, options.rank) == ("full", 3e-4, None)


def test_it_needs_no_room_for_a_tuned_model(client: Client, person: Person, settings: Any) -> None:
    settings.LIMIT_PERSON_MODELS = 0

    refused = post(client, person)
    taken = post(client, person, method="full")

    assert (refused.status_code, taken.status_code) == (409, 303)
    assert not Adapter.objects.exists()


def test_try_again_fills_the_choice_in(client: Client, person: Person) -> None:
    finetune = make_finetune(person, options={**FULL.to_json(), "rate": 1e-5})

    text = form(client, again=str(finetune.pk))

    assert 'name="method" value="full" checked' in text
    assert 'name="rate" value="1e-05"' in text
