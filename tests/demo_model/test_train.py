"""A training run: the same again, the same after a stop, and its record."""

import argparse
import json
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from tools.demo_model import train as command
from tools.demo_model.corpus.stream import TASKS, training_document
from tools.demo_model.train import parse_options, train
from tools.demo_model.training.batches import training_batches, validation_batches
from tools.demo_model.training.prefetch import StepPlan, prefetch_batches
from tools.demo_model.training.tokenizer import load_tokenizer, train_tokenizer
from workers.training.journal import DifferentRun, Journal, read_log
from workers.training.network import GPTJ, Shape
from workers.training.optimizers import make_optimizers
from workers.training.schedule import Schedule
from workers.training.trainer import Trainer

SHAPE = Shape(vocab_size=400, n_embd=32, n_layer=2, n_head=2, rotary_dim=8, n_positions=1024)


class Stopped(Exception):
    """The machine went down."""


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    documents = [training_document(1, index).text for index in range(60)]
    return train_tokenizer(documents, vocab_size=SHAPE.vocab_size)


def options_for(work: Path, tokenizer: Tokenizer, *more: str) -> argparse.Namespace:
    work.mkdir(exist_ok=True)
    tokenizer.save(str(work / "tokenizer.json"))
    plain = ["--steps", "6", "--documents", "6", "--parts", "3", "--save-every", "2"]
    return parse_options(["--work", str(work), *plain, *more])


def checkpoint_in(work: Path) -> dict:
    state: dict = torch.load(work / "checkpoint.pt", weights_only=True)
    return state


def test_the_rate_rises_stays_and_falls_to_nothing() -> None:
    schedule = Schedule(peak=1.0, ends=(1000,))
    rates = [schedule.rate(step) for step in range(1001)]

    assert rates[0] < 0.05
    assert rates[100:600] == [1.0] * 500
    assert rates[1000] == 0.0
    assert rates[650:] == sorted(rates[650:], reverse=True)


def test_another_round_changes_nothing_before_it_and_is_like_the_first() -> None:
    once, twice = Schedule(ends=(1000,)), Schedule(ends=(1000, 3000))

    rates = [twice.rate(step) for step in range(3001)]

    assert rates[:1000] == [once.rate(step) for step in range(1000)]
    assert rates[1000:1100] == rates[:100]
    assert rates[1100:2300] == [twice.peak] * 1200
    assert rates[2299] > rates[2400] > rates[2999] > rates[3000] == 0.0


def test_each_round_falls_over_its_own_share() -> None:
    schedule = Schedule(ends=(1000, 3000, 4000), decays=(0.35, 0.6))

    rates = [schedule.rate(step) for step in range(4001)]

    assert rates[640] == rates[1800] == rates[3400] == schedule.peak
    assert rates[660] == pytest.approx(schedule.peak * 340 / 350)
    assert rates[2400] == pytest.approx(schedule.peak / 2)
    assert rates[3700] == pytest.approx(schedule.peak / 2)


def test_a_run_that_was_stopped_ends_with_the_same_weights(
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


def test_a_run_that_has_ended_goes_on_as_one_meant_to(tmp_path: Path, tokenizer: Tokenizer) -> None:
    train(options_for(tmp_path / "longer", tokenizer, "--steps", "4"), SHAPE)
    train(options_for(tmp_path / "longer", tokenizer, "--steps", "4", "8"), SHAPE)
    train(options_for(tmp_path / "meant", tokenizer, "--steps", "4", "8"), SHAPE)

    longer, meant = (checkpoint_in(tmp_path / name) for name in ("longer", "meant"))
    assert longer["step"] == meant["step"] == 8
    for name, tensor in meant["network"].items():
        assert tensor.equal(longer["network"][name]), name


@pytest.mark.parametrize("steps", [["8", "4"], ["4", "4"], ["0"]])
def test_rounds_that_end_before_they_begin_are_refused(
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
def test_shares_that_are_none_are_refused(
    decay: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse_options(["--steps", "4", "8", "--decay", *decay])

    assert message in capsys.readouterr().err


def test_a_run_learns(tokenizer: Tokenizer) -> None:
    torch.manual_seed(1)
    network = GPTJ(SHAPE)
    schedule = Schedule(ends=(30,), warm_up=2)
    trainer = Trainer(network, make_optimizers(network, rate=schedule.peak), schedule, threads=2)
    same = training_batches(seed=1, step=0, documents=6, parts=3, tokenizer=tokenizer)
    losses = [
        result.loss / result.positions for result in (trainer.train_step(same) for _ in range(8))
    ]

    assert losses[-1] < losses[0] - 0.1


def test_a_run_does_not_go_on_as_another(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    run = {"seed": 1, "corpus": "a", "steps": [10], "decay": [0.3]}
    journal.begin(run, step=0)

    def go_on(**changes: object) -> None:
        journal.begin({**run, **changes}, step=10, extendable=("steps", "decay"))

    with pytest.raises(DifferentRun, match="another corpus"):
        go_on(corpus="b")
    with pytest.raises(DifferentRun, match="another steps"):
        go_on(steps=[20])
    with pytest.raises(DifferentRun, match="another decay"):
        go_on(steps=[10, 20], decay=[0.5, 0.5])
    go_on(steps=[10, 20], decay=[0.3, 0.5])


def test_a_run_that_starts_anew_has_a_new_record(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin({"seed": 1}, step=0)
    journal.append({"step": 20, "loss": 3.0})

    journal.begin({"seed": 2}, step=0)

    assert read_log(journal.log_path) == []
    assert json.loads((tmp_path / "run.json").read_text()) == {"seed": 2}


def test_batches_made_ahead_are_the_same(tokenizer: Tokenizer) -> None:
    with closing(prefetch_batches(StepPlan(seed=1, documents=6, parts=3), tokenizer, 4)) as ahead:
        made = list(islice(ahead, 2))

    for step, found in enumerate(made, start=4):
        wanted = training_batches(seed=1, step=step, documents=6, parts=3, tokenizer=tokenizer)
        assert len(found) == len(wanted) >= 2
        for one, other in zip(found, wanted, strict=True):
            assert one.ids.equal(other.ids)
            assert one.positions.equal(other.positions)
            assert one.targets.equal(other.targets)


def test_validation_looks_at_the_last_answer_alone() -> None:
    tokenizer = load_tokenizer(Path(__file__).parents[2] / "models" / "demo" / "tokenizer.json")

    made = validation_batches(cases=3, tokenizer=tokenizer)

    assert set(made) == set(TASKS)
    for parts in made.values():
        for batch in parts:
            assert 0 < len(batch.targets) < batch.tokens / 2 + 20
