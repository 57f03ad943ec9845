"""What can be set, here and in the trainer."""

from dataclasses import asdict, fields

import pytest

from playground.finetunes import options
from playground.finetunes.options import METHODS, SETTINGS, Options, default_options
from workers.training.tuning import options as trainer
from workers.training.tuning.options import TuningOptions


def test_defaults_are_the_trainers() -> None:
    theirs = {each.name: each.default for each in fields(TuningOptions)}
    by_size = ("rank", "alpha", "rate", "epochs", "batch")
    ours = {each.name: each.default for each in fields(Options) if each.name not in by_size}

    assert {name: theirs[name] for name in ours} == ours


def test_defaults_by_size_are_the_trainers() -> None:
    ours = [asdict(size) for size in options.SIZES]
    theirs = [asdict(size) for size in trainer.SIZES]

    assert ours == theirs


def test_all_weights_are_trained_at_a_lower_rate() -> None:
    for size in options.SIZES:
        for task, recipe in (("classification", size.labels), ("open", size.texts)):
            count = int(min(size.parameters, 10**10))
            adapter, full = (default_options(count, method, task=task) for method in METHODS)

            assert full.rate == recipe.full_rate < adapter.rate
            assert (full.method, full.epochs) == ("full", adapter.epochs)


def test_a_text_teaches_more_than_a_label() -> None:
    labels, ideas, texts = (
        default_options(5_000_000, task=task) for task in ("classification", "conditional", "open")
    )

    assert ideas == texts
    assert ideas.batch < labels.batch


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
@pytest.mark.parametrize("end", ["least", "most"])
def test_the_trainer_takes_every_setting_from_end_to_end(
    setting: options.Setting, end: str
) -> None:
    value = getattr(setting, end)
    whole = int(value) if setting.kind == "whole" else float(value)

    TuningOptions(base="folder", **{setting.name: whole})


def test_stored_options_come_back() -> None:
    chosen = Options(minutes=3.0, rank=4)

    assert Options.from_json({**chosen.to_json(), "gone": 1}) == chosen


def test_a_base_of_unknown_size_is_taken_for_a_large_one() -> None:
    assert default_options(None) == default_options(6_000_000_000)
