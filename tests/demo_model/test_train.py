"""The command that trains the demo model: its result does not depend on stops, and its record."""

import argparse
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from tools.demo_model import train as command
from tools.demo_model.corpus.stream import TASKS
from tools.demo_model.train import parse_options, train
from workers.training.journal import read_log
from workers.training.network import Shape
from workers.training.trainer import Trainer

SHAPE = Shape(vocab_size=400, n_embd=32, n_layer=2, n_head=2, rotary_dim=8, n_positions=1024)


class Stopped(Exception):
    """The machine went down."""


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def options_for(work: Path, tokenizer: Tokenizer, *more: str) -> argparse.Namespace:
    work.mkdir(exist_ok=True)
    tokenizer.save(str(work / "tokenizer.json"))
    plain = ["--steps", "6", "--documents", "6", "--parts", "3", "--save-every", "2"]
    return parse_options(["--work", str(work), *plain, *more])


def checkpoint_in(work: Path) -> dict:
    state: dict = torch.load(work / "checkpoint.pt", weights_only=True)
    return state


def test_a_resumed_run_ends_with_the_same_weights(
    tmp_path: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "RECORD_EVERY", 1)
    monkeypatch.setattr(command, "VALIDATION_CASES", 1)
    train(options_for(tmp_path / "straight", tokenizer), SHAPE)
    stopped = options_for(tmp_path / "stopped", tokenizer, "--threads", "1")
    train_step = Trainer.train_step

    def stop_at_step_5(trainer: Trainer, batches: list) -> object:
        if trainer.step == 5:
            raise Stopped
        return train_step(trainer, batches)

    monkeypatch.setattr(Trainer, "train_step", stop_at_step_5)
    with pytest.raises(Stopped):
        train(stopped, SHAPE)
    monkeypatch.setattr(Trainer, "train_step", train_step)
    assert checkpoint_in(stopped.work)["step"] == 4
    train(stopped, SHAPE)

    straight, resumed = checkpoint_in(tmp_path / "straight"), checkpoint_in(stopped.work)
    assert straight["step"] == resumed["step"] == 6
    for name, tensor in straight["network"].items():
        assert tensor.equal(resumed["network"][name]), name
    logs = [read_log(work / "log.jsonl") for work in (tmp_path / "straight", stopped.work)]
    assert [line["step"] for line in logs[1]] == [1, 2, 3, 4, 5, 6]
    assert [line["loss"] for line in logs[0]] == [line["loss"] for line in logs[1]]
    assert logs[0][-1]["validation"] == logs[1][-1]["validation"]
    assert set(logs[0][-1]["validation"]) == set(TASKS)


def test_adding_a_round_after_the_end_equals_planning_it(
    tmp_path: Path, tokenizer: Tokenizer
) -> None:
    train(options_for(tmp_path / "longer", tokenizer, "--steps", "4"), SHAPE)
    train(options_for(tmp_path / "longer", tokenizer, "--steps", "4", "8"), SHAPE)
    train(options_for(tmp_path / "meant", tokenizer, "--steps", "4", "8"), SHAPE)

    longer, meant = (checkpoint_in(tmp_path / name) for name in ("longer", "meant"))
    assert longer["step"] == meant["step"] == 8
    for name, tensor in meant["network"].items():
        assert tensor.equal(longer["network"][name]), name


@pytest.mark.parametrize("steps", [["8", "4"], ["4", "4"], ["0"]])
def test_rounds_out_of_order_are_refused(
    steps: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse_options(["--steps", *steps])

    assert "each round must end after the one before it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("decay", "message"),
    [
        (["0"], "a share is more than 0"),
        (["1.2"], "a share is more than 0"),
        (["0.3", "0.3", "0.3"], "more shares than rounds"),
    ],
)
def test_invalid_shares_are_refused(
    decay: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse_options(["--steps", "4", "8", "--decay", *decay])

    assert message in capsys.readouterr().err
