"""job.json: every field is checked at the edge, and what was not chosen suits the base."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from workers.training.tuning.errors import OptionWrong
from workers.training.tuning.options import SIZES, TuningOptions, read_options


def write_job(path: Path, **options: Any) -> Path:
    path.write_text(json.dumps({"format": 1, "base": "/models/demo"} | options), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rank": 513}, "rank is 513; it must be a whole number from 1 to 512"),
        ({"rank": True}, "rank is True"),
        ({"rate": 0}, "rate is 0; it must be a number above 0 and at most 1"),
        ({"rate": "fast"}, "rate is 'fast'"),
        ({"dropout": 1}, "dropout is 1; it must be a number from 0 to below 1"),
        ({"method": "qlora"}, "method is 'qlora'; it must be one of lora, full"),
        ({"epochs": 1, "minutes": 1}, "epochs and minutes are both set"),
        ({"batch": 4, "micro_batch": 8}, "micro_batch is 8; it must be at most batch, 4"),
        ({"method": "full", "rank": 8}, "rank and alpha are LoRA's"),
        ({"method": "full", "quantize": "nf4"}, "quantize is for LoRA"),
        ({"quantize": "int8"}, "quantize is 'int8'; it must be one of none, nf4"),
        ({"shard": "always"}, "shard is for method full"),
        ({"samples": ["a"] * 9}, "at most 8 prompts"),
        ({"seed": 2**31}, "seed is 2147483648"),
        ({"colour": 1}, "there is no field 'colour'"),
        ({"format": 2}, "format must be 1"),
    ],
)
def test_a_wrong_field_is_named_with_what_it_may_be(
    options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(OptionWrong) as refused:
        read_options(write_job(tmp_path / "job.json", **options))

    assert said in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": 1, "base": NaN}'])
def test_what_is_no_job_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(text, encoding="utf-8")

    with pytest.raises(OptionWrong):
        read_options(tmp_path / "job.json")


def test_null_is_no_choice(tmp_path: Path) -> None:
    path = write_job(tmp_path / "job.json", dropout=None, micro_batch=None, samples=["a"])

    assert read_options(path) == TuningOptions("/models/demo", samples=("a",))


def test_what_was_not_chosen_suits_the_size_of_the_base() -> None:
    for size, parameters in zip(SIZES, (8_000_000, 162_000_000, 6_050_000_000), strict=True):
        for task, recipe in (
            ("classification", size.labels),
            ("conditional", size.texts),
            ("open", size.texts),
        ):
            plain = TuningOptions("base", task=task)
            found = plain.resolved(parameters)
            full = replace(plain, method="full").resolved(parameters)

            assert (found.rank, found.rate, found.epochs, found.batch) == (
                recipe.rank,
                recipe.rate,
                recipe.epochs,
                recipe.batch,
            )
            assert found.alpha == 2 * recipe.rank
            assert full.rate == recipe.full_rate


def test_what_was_chosen_stays() -> None:
    chosen = TuningOptions("base", rank=8, alpha=4, rate=0.5, minutes=3).resolved(8_000_000)

    assert (chosen.rank, chosen.alpha, chosen.rate) == (8, 4, 0.5)
    assert (chosen.minutes, chosen.epochs) == (3, None)


def test_a_step_has_the_rows_that_are_to_be_computed_at_once() -> None:
    assert TuningOptions("base", micro_batch=24).resolved(8_000_000).batch == 24


def test_the_digest_is_of_what_the_result_depends_on() -> None:
    options = TuningOptions("base").resolved(8_000_000)

    assert replace(options, threads=7, nice=0, save_seconds=1).digest() == options.digest()
    assert replace(options, shard="never").digest() == options.digest()
    assert replace(options, quantize="nf4").digest() != options.digest()
    assert replace(options, seed=1).digest() != options.digest()
    assert replace(options, batch=8).digest() != options.digest()


def test_every_field_is_explained() -> None:
    source = Path("workers/training/tuning/options.py").read_text(encoding="utf-8")

    for field in fields(TuningOptions):
        declared = source.split("class TuningOptions")[1].split(f"\n    {field.name}: ")[1]
        assert declared.split("\n")[1].startswith('    """'), field.name
