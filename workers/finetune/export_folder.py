"""The folder of an export, as its child process finds it: a finished job that has what was learnt,
and some rows to compare by."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from playground.checkpoints.adapter_files import folder_of
from playground.checkpoints.files import checkpoint_folder
from playground.checkpoints.registry import registry
from playground.core.errors import CannotTrain, NoModel
from playground.datasets.checks.canonical import read_rows
from playground.finetunes.exporting.files import export_folder
from playground.finetunes.folders import JOB, RESULT, job_folder
from playground.finetunes.memory import training_threads
from playground.finetunes.models import FineTune, FineTuneExport
from workers.finetune.folder import FORMAT, write_whole

# More than enough for the positions that are compared.
ROWS = 512
ROWS_FILE = "held_out.jsonl"
CARD = "card.md"


def prepare_export_folder(export: FineTuneExport) -> Path:
    """Makes the folder, or makes what is in it anew. Raises `NoModel`, `CannotTrain`,
    `ModelNotReady`, or `OSError` of a disk that is full."""
    finetune = export.finetune
    folder = export_folder(export)
    result = folder / RESULT
    result.mkdir(parents=True, exist_ok=True)
    learnt, name = _find_learnt(finetune)
    _link(result / name, learnt)
    card = job_folder(finetune.pk) / RESULT / CARD
    if card.is_file():
        _link(result / CARD, card)
    with (folder / ROWS_FILE).open("w", encoding="utf-8") as file:
        count = 0
        for count, row in enumerate(islice(_rows(finetune), ROWS), start=1):
            file.write(json.dumps({"row": count, **row}, ensure_ascii=False) + "\n")
    if not count:
        raise CannotTrain(
            "The dataset was deleted, so there is no text to compare the whole model by."
        )
    write_whole(folder / JOB, _describe(finetune))
    return folder


def _describe(finetune: FineTune) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "base": str(checkpoint_folder(registry().get(finetune.base))),
        "method": "full" if finetune.trains_all_weights else "lora",
        "threads": training_threads(),
    }


def _find_learnt(finetune: FineTune) -> tuple[Path, str]:
    """Where what was learnt is, and what a job calls it."""
    if finetune.trains_all_weights:
        learnt, name = job_folder(finetune.pk) / RESULT / "model", "model"
    elif finetune.adapter is not None and not finetune.adapter.is_deleted:
        learnt, name = folder_of(finetune.adapter.folder), "adapter"
    else:
        raise NoModel("The tuned model was deleted.")
    if not learnt.is_dir():
        raise NoModel("The files of the tuned model are not on this server.")
    return learnt, name


def _link(place: Path, target: Path) -> None:
    place.unlink(missing_ok=True)
    place.symlink_to(target.resolve())


def _rows(finetune: FineTune) -> Iterator[dict[str, str]]:
    """Prompts and completions: of the dataset, or of the evaluation where that is gone."""
    version = finetune.version
    if version is not None and version.rows_path.is_file():
        for row in read_rows(version.rows_path):
            yield {"prompt": row.prompt, "completion": row.completion}
        return
    evaluation = finetune.result.get("evaluation")
    outputs = evaluation.get("outputs") if isinstance(evaluation, Mapping) else None
    for output in outputs if isinstance(outputs, list) else []:
        prompt, expected = str(output.get("prompt") or ""), str(output.get("expected") or "")
        if prompt or expected:
            yield {"prompt": prompt, "completion": expected}
