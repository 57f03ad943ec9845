"""Workers that are stopped, that die each time, that cannot load."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.undisturbed import PROMPT, expect_whole, undisturbed_text
from tests.support.registry import ROOT
from tests.support.stack import Stack, wait_ready
from tests.support.visitor import Visitor

SEEDED: dict[str, object] = {"max_tokens": 80, "temperature": 1.1, "top_p": 0.95, "seed": 5}


def test_a_rolling_restart_loses_no_run(stack: Stack, visitor: Visitor) -> None:
    text = undisturbed_text(stack, **SEEDED)
    runs = [visitor.run(PROMPT, **SEEDED) for _ in range(4)]
    viewers = [visitor.follow(run) for run in runs]
    try:
        for viewer in viewers:
            viewer.until_tokens(3)

        for name in ("one", "two"):
            assert stack.stop(name) == 0
            stack.start_worker("slow", name=name)

        for run, viewer in zip(runs, viewers, strict=True):
            viewer.until_final(timeout=20)
            assert viewer.restarts == 0
            expect_whole(stack, run, viewer.tokens, text)
    finally:
        for viewer in viewers:
            viewer.close()
    # The run is handed over, not lost: it does not count as a failed try.
    assert {stack.row(run)["losses"] for run in runs} == {0}


def test_a_run_that_kills_its_worker_every_time_fails(stack: Stack, visitor: Visitor) -> None:
    stack.stop("two")
    text = undisturbed_text(stack, max_tokens=60)
    killer = visitor.run(PROMPT, max_tokens=200)
    for attempt in (1, 2, 3):
        stack.wait_row(killer, status="running", attempt=attempt)
        if attempt == 3:
            beside = visitor.run(PROMPT, max_tokens=60)
            stack.wait_row(beside, status="running")
        stack.kill("one")
        stack.launch_worker("slow", name="one")

    given_up = stack.wait_final(killer)
    assert (given_up["status"], given_up["error_code"]) == ("failed", "worker_lost")
    assert "3 times" in given_up["error_message"]
    other = stack.wait_final(beside)
    assert (other["status"], other["text"]) == ("succeeded", text)


@pytest.fixture
def weights(stack: Stack) -> Iterator[Path]:
    """The weights of a separate model, removed."""
    folder = stack.folder / "fragile"
    shutil.copytree(stack.checkpoint, folder, dirs_exist_ok=True)
    weights = folder / "model.safetensors"
    weights.unlink()
    yield weights
    if "fragile" in stack.parts:
        stack.kill("fragile")


def test_missing_and_truncated_weights_are_reported_and_loaded_once_complete(
    stack: Stack, visitor: Visitor, weights: Path
) -> None:
    whole = (stack.checkpoint / weights.name).read_bytes()
    worker = stack.launch_worker("fragile")
    first = worker.wait_for_line("model_not_ready")
    assert weights.name in first
    said = stack.query("SELECT state, detail FROM checkpoints_worker WHERE name = 'fragile'")
    assert said[0]["state"] == "not_ready"
    assert weights.name in said[0]["detail"]

    weights.write_bytes(whole[: len(whole) // 2])
    second = worker.wait_for_line("model_not_ready", since=worker.lines.index(first) + 1)
    assert weights.name in second
    assert worker.alive
    assert visitor.get("/readyz").text.count("not_ready") == 1

    weights.write_bytes(whole)
    wait_ready(worker)
    run = visitor.run(PROMPT, model="fragile", max_tokens=4)
    assert stack.wait_final(run)["status"] == "succeeded"
    assert len([line for line in worker.lines if "model_not_ready" in line]) == 2


def test_a_worker_that_waits_for_weights_can_be_stopped(stack: Stack, weights: Path) -> None:
    worker = stack.launch_worker("fragile")
    worker.wait_for_line("model_not_ready")

    worker.signal(signal.SIGTERM)

    assert worker.wait() == 0


def _offsets_of_one_number(folder: Path) -> None:
    header = b'{"lm_head.bias":{"dtype":"F32","shape":[1],"data_offsets":[0]}}'
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)


def _endless_layers(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "n_layer": 10**12}))


def _deep_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text('{"model":' + "[" * 100_000 + "]" * 100_000 + "}")


def _map_of_lists(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a": [1]}}')


MALFORMED = {
    "data_offsets": _offsets_of_one_number,
    "n_layer": _endless_layers,
    "nested": _deep_tokenizer,
    "weight_map": _map_of_lists,
}


def test_a_malformed_checkpoint_is_reported_everywhere_and_served_once_fixed(
    stack: Stack, visitor: Visitor, weights: Path
) -> None:
    folder = weights.parent
    worker = stack.launch_worker("fragile")
    last = worker.wait_for_line("model_not_ready")

    for reason, spoil in MALFORMED.items():
        shutil.copytree(stack.checkpoint, folder, dirs_exist_ok=True)
        spoil(folder)
        last = worker.wait_for_line(reason, since=worker.lines.index(last) + 1)
        assert "model_not_ready" in last
        assert worker.alive
        # The page's menu shows the worker's message too.
        assert reason in visitor.get("/models/menu/?model=fragile").text
        assert visitor.get("/free/?model=fragile").status == 200

    assert reason in doctor(stack)
    (folder / "model.safetensors.index.json").unlink()
    shutil.copytree(stack.checkpoint, folder, dirs_exist_ok=True)
    wait_ready(worker)
    run = visitor.run(PROMPT, model="fragile", max_tokens=4)
    assert stack.wait_final(run)["status"] == "succeeded"


def doctor(stack: Stack) -> str:
    """The output of `manage.py doctor` for the stack, which must find a fault."""
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT,
        env=stack.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout
