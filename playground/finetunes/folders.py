"""The folder of each job: its rows, its checkpoints, its record. Names are made by the server."""

import contextlib
import shutil
import stat
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from playground.finetunes.models import FineTune

# A folder that is younger may be about to get its row's job.
KEPT_SECONDS = 60.0
RECORD = "record.jsonl"
CONTROL = "control.json"
JOB = "job.json"
RESULT = "result"
CHECKPOINTS = "checkpoints"


def job_folder(finetune_id: uuid.UUID) -> Path:
    """Where the job works, or has worked."""
    return Path(settings.FINETUNES_DIR) / str(finetune_id)


def newest_checkpoint(finetune_id: uuid.UUID) -> int:
    """The step of the newest whole checkpoint in the job's folder; 0 where there is none."""
    whole = (job_folder(finetune_id) / CHECKPOINTS).glob("step-*/COMPLETE")
    steps = (path.parent.name.removeprefix("step-") for path in whole)
    return max((int(step) for step in steps if step.isdecimal()), default=0)


def folder_remove(finetune_id: uuid.UUID) -> None:
    """Deletes the job's folder. One that is gone already is no error."""
    shutil.rmtree(job_folder(finetune_id), ignore_errors=True)


def folder_trim(finetune_id: uuid.UUID) -> None:
    """Deletes what only a training that goes on needs: checkpoints, and the rows' own copies."""
    folder = job_folder(finetune_id)
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    for name in ("train.jsonl", "held_out.jsonl"):
        (folder / name).unlink(missing_ok=True)


def folder_measure(finetune_id: uuid.UUID) -> None:
    """Notes in the row what an ended fine-tune has on the disk. Call it when its files change."""
    ended = FineTune.objects.filter(pk=finetune_id, status__in=FineTune.FINAL)
    ended.update(files=folder_bytes(finetune_id))


def folder_bytes(finetune_id: uuid.UUID) -> int:
    """What the job's folder takes; files that go away meanwhile count for nothing."""
    total = 0
    for path in job_folder(finetune_id).rglob("*"):
        with contextlib.suppress(OSError):
            found = path.lstat()
            total += found.st_size if stat.S_ISREG(found.st_mode) else 0
    return total


def folders_sweep() -> int:
    """Deletes the folders of fine-tunes that are no more. Returns how many.

    What an end that was cut short left in the others goes too, and their sizes are put right.
    """
    found = dict(_folders())
    if not found:
        return 0
    rows = FineTune.objects.filter(pk__in=list(found)).values_list("pk", "status", "files")
    kept = {pk: (status, files) for pk, status, files in rows}
    gone = [finetune_id for finetune_id in found if finetune_id not in kept]
    for finetune_id in gone:
        shutil.rmtree(found[finetune_id], ignore_errors=True)
    for finetune_id, (status, files) in kept.items():
        if status in FineTune.FINAL:
            if (job_folder(finetune_id) / CHECKPOINTS).exists():
                folder_trim(finetune_id)
            if folder_bytes(finetune_id) != files:
                folder_measure(finetune_id)
    return len(gone)


def free_bytes() -> int:
    """What there is room for where jobs work."""
    return shutil.disk_usage(settings.FINETUNES_DIR).free


def _folders() -> Iterator[tuple[uuid.UUID, Path]]:
    oldest = time.time() - KEPT_SECONDS
    for path in Path(settings.FINETUNES_DIR).iterdir():
        name, _, _ = path.name.partition(".")
        try:
            finetune_id = uuid.UUID(name)
            is_old = path.stat().st_mtime < oldest
        except (ValueError, OSError):
            continue
        if is_old:
            yield finetune_id, path
