"""The job's folder, as the child process finds it: what to do, and the rows to do it with."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

from playground.checkpoints.files import checkpoint_folder
from playground.checkpoints.registry import ModelSpec, registry
from playground.core.errors import CannotTrain
from playground.datasets.splitting import split_file
from playground.finetunes.folders import CONTROL, JOB, job_folder
from playground.finetunes.memory import training_threads
from playground.finetunes.models import FineTune
from playground.finetunes.options import Options

FORMAT = 1
# Between two checkpoints: what a killed job computes twice at most. Short jobs lose less.
SAVE_SECONDS = (2.0, 60.0)
SAVES = 20


def prepare_folder(finetune: FineTune, *, device: str) -> Path:
    """The folder with all that the child needs, made by the first attempt, whole or not at all.

    Raises `CannotTrain`, `ModelNotReady`, or `OSError` of a disk that is full.
    """
    folder = job_folder(finetune.pk)
    if (folder / JOB).is_file():
        # Of an attempt before. What it was told to do may have changed.
        write_control(folder, stop=finetune.stop_requested)
        return folder
    base = registry().get(finetune.base)
    making = folder.with_name(f"{folder.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    try:
        making.mkdir(parents=True)
        held_out = _write_rows(finetune, making)
        job = describe_job(finetune, base, device=device, held_out=held_out)
        write_whole(making / JOB, job)
        making.rename(folder)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    write_control(folder, stop=finetune.stop_requested)
    return folder


def write_control(folder: Path, *, stop: bool) -> None:
    """What the child reads at each step."""
    write_whole(folder / CONTROL, {"stop": "keep_best"} if stop else {})


def describe_job(
    finetune: FineTune, base: ModelSpec, *, device: str, held_out: int
) -> dict[str, Any]:
    """What the child is to do (workers.training.tuning.options)."""
    options = Options.from_json(finetune.options)
    job: dict[str, Any] = {
        "format": FORMAT,
        "base": str(checkpoint_folder(base)),
        "method": options.method,
        "rate": options.rate,
        "batch": options.batch,
        "warmup": options.warmup,
        "clip": options.clip,
        "weight_decay": options.weight_decay,
        "patience": options.patience,
        "seed": options.seed,
        "held_out": held_out,
        "task": finetune.data.get("task", "open"),
        "samples": finetune.data.get("examples", []),
        "dataset_sha256": finetune.data.get("sha256", ""),
        "save_seconds": _save_seconds(finetune),
    }
    if options.method == "lora":
        job |= {"rank": options.rank, "alpha": options.alpha, "dropout": options.dropout}
    if options.minutes is None:
        job["epochs"] = options.epochs
    else:
        job["minutes"] = options.minutes
    if device == "cpu":
        job["threads"] = training_threads()
    elif options.method == "lora":
        # Only the base of an adapter can be held in 4 bits.
        job["quantize"] = settings.FINETUNE_QUANTIZE
    return job


def _save_seconds(finetune: FineTune) -> float:
    least, most = SAVE_SECONDS
    planned = float(finetune.plan.get("seconds") or 0)
    return min(max(planned / SAVES, least), most)


def _write_rows(finetune: FineTune, folder: Path) -> int:
    """The rows to train on, and those held out. Returns how many these are."""
    version = finetune.version
    if version is None or not version.rows_path.is_file():
        raise CannotTrain(
            "The dataset was deleted before the training began. Upload it again and start anew."
        )
    split = split_file(
        version.rows_path,
        folder / "train.jsonl",
        folder / "held_out.jsonl",
        seed=Options.from_json(finetune.options).seed,
        task=finetune.data.get("task") or None,
    )
    return len(split.held_out)


def write_whole(path: Path, value: dict[str, Any]) -> None:
    """The file is there as a whole, or as it was before."""
    making = path.with_name(f"{path.name}.making")
    with making.open("w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    making.replace(path)
