"""What pages show about models and workers."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Worker
from playground.checkpoints.selectors import ModelState, any_ready, model_states
from playground.checkpoints.services import worker_beat, worker_register

pytestmark = pytest.mark.django_db


def model_state(name: str) -> ModelState:
    return next(state for state in model_states() if state.spec.name == name)


def worker(name: str, state: str, detail: str = "", **values: object) -> None:
    incarnation = worker_register(name=name, job=GENERATE, model="tiny", device="cpu", slots=4)
    worker_beat(name=name, incarnation=incarnation, state=state, detail=detail)
    Worker.objects.filter(name=name).update(**values)


def test_a_model_without_a_worker_says_so(client: Client) -> None:
    assert model_state("tiny").state == "no_worker"
    assert client.get("/readyz").status_code == 503


def test_a_loading_worker_is_not_ready_yet(client: Client) -> None:
    worker("w", "loading")

    assert model_state("tiny").state == "loading"
    assert client.get("/readyz").status_code == 503


def test_a_worker_that_cannot_load_says_why() -> None:
    worker("w", "not_ready", "file model.safetensors is missing")

    state = model_state("tiny")
    assert (state.state, state.detail) == ("not_ready", "file model.safetensors is missing")


def test_a_missing_device_is_explained_in_plain_words(client: Client) -> None:
    detail = "It waits for the CUDA device 'cuda:3': torch finds none."
    worker("w", "not_ready", detail, device="cuda:3", reason="device_missing")

    state = model_state("tiny")

    plain = "A worker waits for a graphics processor (cuda:3) that is not available yet."
    assert (state.state, state.detail, state.waits) == ("not_ready", detail, (plain,))
    page = client.get("/free/?model=tiny").content.decode()
    assert page.count(plain) == 2, "in the menu and in the notice"
    assert "torch" not in page


def test_a_waiting_worker_is_shown_beside_one_that_serves(client: Client) -> None:
    worker("w", "ready")
    worker("v", "not_ready", "torch finds none", device="cuda", reason="device_missing")
    before = client.get("/models/menu/?model=tiny").content.decode()

    assert model_state("tiny").state == "ready"
    assert "A worker waits for a graphics processor (cuda)" in before
    assert "is not ready" not in before

    seen = before.split("seen=")[1].split('"')[0]
    assert client.get(f"/models/menu/?seen={seen}&model=tiny").status_code == 204
    Worker.objects.filter(name="v").update(state="ready")
    assert (
        "graphics processor"
        not in client.get(f"/models/menu/?seen={seen}&model=tiny").content.decode()
    )


def test_ready_workers_add_up(client: Client) -> None:
    worker("w", "ready", live=1, tokens_per_second=100.0)
    worker("v", "ready", live=2, tokens_per_second=50.0)
    worker("u", "not_ready", "out of memory")

    state = model_state("tiny")

    assert (state.state, state.live, state.slots, state.tokens_per_second) == ("ready", 3, 8, 150.0)
    assert client.get("/readyz").status_code == 200


def test_a_silent_worker_does_not_count() -> None:
    worker("w", "ready", heartbeat_at=timezone.now() - timedelta(seconds=60))

    assert not any_ready()
    assert model_state("tiny").state == "no_worker"


def test_a_stopped_worker_does_not_count() -> None:
    worker("w", "stopped")

    assert model_state("tiny").state == "no_worker"


def test_a_worker_of_another_job_does_not_count(client: Client) -> None:
    worker("w", "ready", job="other")

    assert not any_ready()
    assert client.get("/readyz").status_code == 503
    assert model_state("tiny").state == "no_worker"


def test_the_web_part_works_without_any_worker(client: Client) -> None:
    assert client.get("/healthz").status_code == 200
