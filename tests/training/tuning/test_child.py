"""A job in a process that is killed, interrupted, stopped, or finds the disk full."""

import json
import random
from pathlib import Path

import pytest

from tests.training.tuning.jobs import (
    KILLED,
    Trainers,
    change_job,
    end_of,
    learnt_by,
    make_job,
    record_of,
    steps_of,
    write_base,
)
from workers.engine.adapters.adapter import read_adapter
from workers.engine.checkpoint.spec import ModelConfig


def test_a_job_leaves_its_record_and_an_adapter_that_the_engine_serves(
    undisturbed: Path, base_folder: Path
) -> None:
    lines = record_of(undisturbed)

    plan, result = lines[0], lines[-2]
    assert (plan["kind"], plan["rows"], plan["held_out"], plan["steps"]) == ("plan", 20, 4, 12)
    assert [step for step, _ in steps_of(undisturbed)] == list(range(1, 13))
    looks = [line for line in lines if line["kind"] == "evaluation"]
    assert [look["step"] for look in looks] == [3, 6, 9, 12]
    assert looks[-1]["loss"] < looks[0]["loss"]
    assert result["step"] == min(looks, key=lambda look: look["loss"])["step"]
    assert end_of(undisturbed)["status"] == "succeeded"
    for name in ("evaluation.json", "results.csv", "card.md"):
        assert (undisturbed / "result" / name).stat().st_size
    adapter = read_adapter(
        "tuned", undisturbed / "result" / "adapter", ModelConfig.load(base_folder)
    )
    assert adapter.rank == 4


def test_a_tuned_model_ends_its_texts_by_itself(
    tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    folder = make_job(
        *(tmp_path / "job", base_folder),
        train=120,
        held_out=20,
        epochs=3,
        save_seconds=60,
        task="conditional",
    )

    assert child.attempt(folder) == 0

    evaluation = json.loads((folder / "result" / "evaluation.json").read_text(encoding="utf-8"))
    assert evaluation["measured"] == 20
    assert evaluation["ended"]["tuned"]["value"] >= 19 / 20
    assert evaluation["ended"]["base"]["value"] < 19 / 20


def test_a_job_that_has_ended_does_nothing_more(undisturbed: Path, child: Trainers) -> None:
    before = (undisturbed / "record.jsonl").read_bytes()

    assert child.attempt(undisturbed) == 0

    assert (undisturbed / "record.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    "event",
    [
        ["step", 5],
        ["save", 7],
        ["flush", 30],
        ["rename", 4],
        ["result", 1],
        ["evaluation", 1],
    ],
    ids=[
        "in a step",
        "in a save",
        "before the marker",
        "before the renaming",
        "result",
        "evaluation",
    ],
)
def test_a_killed_job_goes_on_to_the_same_weights(
    event: list[object], tmp_path: Path, base_folder: Path, child: Trainers, undisturbed: Path
) -> None:
    folder = make_job(tmp_path / "job", base_folder)

    assert child.attempt(folder, kill_before=event) == KILLED
    assert child.finish(folder) == 1

    assert steps_of(folder) == steps_of(undisturbed)
    assert learnt_by(folder) == learnt_by(undisturbed)


def test_a_job_that_is_killed_at_random_moments_ends_as_if_nothing_had_happened(
    tmp_path: Path, base_folder: Path, child: Trainers, undisturbed: Path
) -> None:
    folder = make_job(tmp_path / "job", base_folder)
    rng = random.Random(2)

    for attempt in range(5):
        # The result is the same with any number of threads.
        change_job(folder, threads=2 - attempt % 2)
        status = child.attempt(folder, kill_at=rng.randrange(5, 34))
        assert status == KILLED
    child.finish(folder)

    assert steps_of(folder) == steps_of(undisturbed)
    assert learnt_by(folder) == learnt_by(undisturbed)


def test_a_killed_job_computes_at_most_one_interval_twice(
    tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    folder = make_job(tmp_path / "job", base_folder)

    child.attempt(folder, kill_before=["step", 6])
    child.attempt(folder, kill_before=["step", 1])

    assert [step for step, _ in steps_of(folder)] == [1, 2, 3, 4, 5]


def test_a_job_that_has_to_make_room_saves_and_goes_on_later(
    tmp_path: Path, base_folder: Path, child: Trainers, undisturbed: Path
) -> None:
    folder = make_job(tmp_path / "job", base_folder, save_seconds=1000)

    assert child.attempt(folder, terminate_at=4) == 75
    assert record_of(folder)[-1] == {
        "n": record_of(folder)[-1]["n"],
        "kind": "checkpoint",
        "step": 4,
    }
    assert child.finish(folder) == 1

    assert learnt_by(folder) == learnt_by(undisturbed)


def test_a_job_makes_room_at_once_when_only_the_result_is_left(
    tmp_path: Path, base_folder: Path, child: Trainers, undisturbed: Path
) -> None:
    folder = make_job(tmp_path / "job", base_folder)

    assert child.attempt(folder, terminate_before=["evaluation", 1]) == 75
    assert child.finish(folder) == 1

    assert steps_of(folder) == steps_of(undisturbed)
    assert learnt_by(folder) == learnt_by(undisturbed)


def test_a_full_disk_is_said_and_the_job_goes_on_when_there_is_room(
    tmp_path: Path, base_folder: Path, child: Trainers, undisturbed: Path
) -> None:
    folder = make_job(tmp_path / "job", base_folder)

    assert child.attempt(folder, full_disk_from=8) == 74
    last = record_of(folder)[-1]
    assert (last["kind"], last["code"]) == ("log", "disk_full")
    assert not list((folder / "checkpoints").glob(".new-*"))
    assert child.attempt(folder, full_disk_from=1) == 74
    assert child.finish(folder) == 1

    assert steps_of(folder) == steps_of(undisturbed)
    assert learnt_by(folder) == learnt_by(undisturbed)


def test_a_job_goes_on_with_fewer_rows_at_once_where_memory_runs_out(
    tmp_path: Path, base_folder: Path, child: Trainers, undisturbed: Path
) -> None:
    folder = make_job(tmp_path / "job", base_folder, dropout=0)
    plain = make_job(tmp_path / "plain", base_folder, dropout=0)
    assert child.attempt(plain) == 0

    assert child.attempt(folder, out_of_memory=["step", 5]) == 0

    (said,) = [line["text"] for line in record_of(folder) if line.get("code") == "memory"]
    assert said == "Memory ran out in step 5: 2 rows at once from here on."
    for (step, loss), (other, expected) in zip(steps_of(folder), steps_of(plain), strict=True):
        assert (step, loss) == (other, pytest.approx(expected, abs=2e-3))


def test_a_job_that_is_stopped_keeps_its_best_state(
    tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    folder = make_job(tmp_path / "job", base_folder, epochs=500, warmup=0)
    child.attempt(folder, kill_before=["step", 12])
    (folder / "control.json").write_text('{"stop": "keep_best"}', encoding="utf-8")

    assert child.attempt(folder) == 0

    looks = {line["step"]: line for line in record_of(folder) if line["kind"] == "evaluation"}
    assert end_of(folder)["status"] == "stopped"
    assert record_of(folder)[-2]["step"] == min(looks, key=lambda step: looks[step]["loss"])
    assert steps_of(folder)[-1][0] == 12


def test_a_job_ends_when_the_held_out_rows_get_no_better(
    tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    options = {"epochs": 400, "evaluate_every": 1, "patience": 2, "rate": 0.05}
    folder = make_job(tmp_path / "job", base_folder, save_seconds=60, **options)

    assert child.attempt(folder) == 0

    assert end_of(folder)["code"] == "early"
    looks = [line for line in record_of(folder) if line["kind"] == "evaluation"]
    assert [look["best"] for look in looks[-3:]] == [True, False, False]
    assert record_of(folder)[-2]["step"] == looks[-3]["step"]


def test_a_job_in_minutes_ends_with_its_schedule(
    tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    folder = make_job(
        tmp_path / "job", base_folder, epochs=None, minutes=0.03, save_seconds=60, patience=0
    )

    assert child.attempt(folder) == 0

    steps = [line for line in record_of(folder) if line["kind"] == "step"]
    assert steps[-1]["step"] == steps[-1]["steps"]
    assert 0.3 < steps[-1]["seconds"] < 5


def test_a_diverging_job_fails_with_its_step_and_keeps_the_best_state(
    tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    # Of every weight, the head's too: that of the base alone would bound the loss.
    options = {"method": "full", "rank": None, "rate": 1, "clip": 1e9, "warmup": 1}
    looks = {"epochs": 30, "evaluate_every": 1, "patience": 0, "save_seconds": 60}
    folder = make_job(tmp_path / "job", base_folder, **looks, **options)

    assert child.attempt(folder) == 0

    end = end_of(folder)
    assert (end["status"], end["code"]) == ("failed", "diverged")
    assert end["reason"].startswith("At step ")
    assert (folder / "result" / "model" / "model.safetensors").exists()


def test_another_dataset_base_or_configuration_is_refused(
    tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    for name, change in {
        "base": {"base": str(write_base(tmp_path / "narrow", dtype="bfloat16"))},
        "configuration": {"rate": 0.01},
        "dataset": {"dataset_sha256": "of another"},
    }.items():
        folder = make_job(tmp_path / name, base_folder)
        child.attempt(folder, kill_before=["step", 4])
        change_job(folder, **change)

        assert child.attempt(folder) == 0

        end = end_of(folder)
        assert (end["status"], end["code"]) == ("failed", "different_job")
        assert name in end["reason"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({"rank": 0}, "option_wrong", "rank is 0; it must be a whole number from 1 to 512"),
        ({"colour": 1}, "option_wrong", "there is no field 'colour'"),
        ({"base": "/nowhere"}, "base_unusable", "/nowhere"),
        ({"train": 0}, "dataset_unusable", "no row to learn from"),
        ({"max_length": 4}, "dataset_unusable", "no completion is cut"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_the_start(
    options: dict, code: str, said: str, tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    folder = (
        make_job(tmp_path / "job", base_folder, **{"train": 20} | options)
        if ("base" not in options)
        else make_job(tmp_path / "job", Path(str(options["base"])))
    )

    assert child.attempt(folder) == 0

    end = end_of(folder)
    assert (end["status"], end["code"]) == ("failed", code)
    assert said in end["reason"]
    assert steps_of(folder) == []


@pytest.mark.parametrize(
    "options",
    [
        {"precision": "bf16"},
        {"packing": False},
        {"gradient_checkpointing": True},
        {"dropout": 0},
        {"held_out": 0},
    ],
    ids=lambda options: next(iter(options)),
)
def test_every_way_of_computing_trains(
    options: dict, tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    folder = make_job(tmp_path / "job", base_folder, **options)

    assert child.attempt(folder) == 0

    losses = [loss for _, loss in steps_of(folder)]
    assert end_of(folder)["status"] == "succeeded"
    assert losses[-1] < losses[0] - 1


def test_the_way_of_computing_changes_no_more_than_rounding(
    tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    def losses(**options: object) -> list[float]:
        name = "-".join(options) or "plain"
        folder = make_job(tmp_path / name, base_folder, dropout=0, save_seconds=60, **options)
        assert child.attempt(folder) == 0
        return [loss for _, loss in steps_of(folder)]

    plain = losses()

    assert losses(packing=False) == pytest.approx(plain, abs=2e-3)
    assert losses(gradient_checkpointing=True) == plain
    assert losses(micro_batch=1) == pytest.approx(plain, abs=2e-3)


@pytest.mark.parametrize("rows", [1, 2, 17])
def test_few_rows_are_learnt_in_whole_steps(
    rows: int, tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    folder = make_job(
        tmp_path / "job", base_folder, train=rows, held_out=0, epochs=20, save_seconds=60
    )

    assert child.attempt(folder) == 0

    plan = record_of(folder)[0]
    assert (plan["rows"], plan["steps"]) == (rows, 20 * -(-rows // 8))
    assert len(steps_of(folder)) == plan["steps"]
    assert end_of(folder)["status"] == "succeeded"


def test_prompts_that_are_too_long_lose_their_head_and_it_is_said(
    tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    folder = make_job(tmp_path / "job", base_folder, max_length=16, save_seconds=60)

    assert child.attempt(folder) == 0

    (said,) = [line for line in record_of(folder) if line.get("code") == "prompts_cut"]
    assert said["text"].startswith("12 rows are longer than 16 tokens")
    assert end_of(folder)["status"] == "succeeded"


def test_damaged_checkpoints_are_named_and_passed_over(
    tmp_path: Path, base_folder: Path, child: Trainers, undisturbed: Path
) -> None:
    folder = make_job(tmp_path / "job", base_folder)
    child.attempt(folder, kill_before=["step", 6])
    (folder / "checkpoints" / "step-000005" / "COMPLETE").unlink()
    (folder / "checkpoints" / "checkpoint-abc").write_text("x", encoding="utf-8")

    assert child.finish(folder) == 1

    said = [line["text"] for line in record_of(folder) if line.get("code") == "checkpoint_removed"]
    assert len(said) == 2
    assert said[0] == "Removed: checkpoint-abc is no checkpoint."
    assert said[1].startswith("Removed: step-000005 is not whole")
    assert learnt_by(folder) == learnt_by(undisturbed)


def test_a_full_fine_tune_leaves_a_whole_checkpoint(
    tmp_path: Path, base_folder: Path, child: Trainers
) -> None:
    folder = make_job(tmp_path / "job", base_folder, method="full", rank=None, rate=0.005)
    assert child.attempt(folder, kill_before=["step", 4]) == KILLED

    assert child.finish(folder) == 1

    assert end_of(folder)["status"] == "succeeded"
    model = folder / "result" / "model"
    assert json.loads((model / "config.json").read_text(encoding="utf-8"))["dtype"] == "float32"
    assert {path.name for path in model.iterdir()} >= {"model.safetensors", "tokenizer.json"}
