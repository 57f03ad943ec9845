"""The rows of workers, as workers write them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Worker
from playground.checkpoints.services import (
    worker_beat,
    worker_forget,
    worker_mark_stopped,
    worker_register,
)

pytestmark = pytest.mark.django_db


def register(name: str = "w") -> None:
    worker_register(name=name, job=GENERATE, model="tiny", device="cpu", slots=4)


def test_a_heartbeat_of_a_replaced_worker_changes_nothing() -> None:
    former = worker_register(name="w", job=GENERATE, model="tiny", device="cpu", slots=4)
    latter = worker_register(name="w", job=GENERATE, model="tiny", device="cpu", slots=4)

    assert not worker_beat(name="w", incarnation=former, state="ready")
    assert worker_beat(name="w", incarnation=latter, state="ready")


def test_a_worker_that_registers_is_loading_and_of_its_job() -> None:
    register()

    row = Worker.objects.get()
    assert (row.name, row.job, row.model, row.state) == ("w", "generate", "tiny", "loading")


def test_only_the_named_workers_are_marked_as_stopped() -> None:
    register("w")
    register("v")

    worker_mark_stopped(names=["w"])

    states = dict(Worker.objects.values_list("name", "state"))
    assert states == {"w": "stopped", "v": "loading"}


def test_workers_that_have_been_gone_for_a_week_are_forgotten() -> None:
    register("old")
    register("new")
    past = timezone.now() - timedelta(days=8)
    Worker.objects.filter(name="old").update(heartbeat_at=past)

    worker_forget()

    assert list(Worker.objects.values_list("name", flat=True)) == ["new"]
