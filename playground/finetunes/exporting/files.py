"""The folder of an export, inside that of its fine-tune. Names are made by the server."""

import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from playground.checkpoints.config_file import parameter_count
from playground.checkpoints.registry import registry
from playground.finetunes.folders import KEPT_SECONDS, RESULT, job_folder
from playground.finetunes.memory import GPTJ_6B
from playground.finetunes.models import FineTuneExport

EXPORTS = "exports"
_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


def export_folder(export: FineTuneExport) -> Path:
    """Where it is made and kept."""
    return job_folder(export.finetune_id) / EXPORTS / str(export.pk)


def model_folder(export: FineTuneExport) -> Path:
    """Its checkpoint, which is there as a whole or not at all."""
    return export_folder(export) / RESULT / f"merged-{export.dtype}"


def refusal_file(export: FineTuneExport) -> Path:
    """What was measured of a checkpoint that did not pass."""
    return export_folder(export) / RESULT / f"parity-{export.dtype}.json"


def model_files(export: FineTuneExport) -> list[Path]:
    """The files of its checkpoint; none where it is gone."""
    folder = model_folder(export)
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def folder_remove(export: FineTuneExport) -> None:
    """Deletes the export's folder. One that is gone already is no error."""
    shutil.rmtree(export_folder(export), ignore_errors=True)


def expected_bytes(*, base: str, dtype: str) -> int:
    """About how large the whole model of a fine-tune of ``base`` is in ``dtype``."""
    spec = registry().models.get(base)
    parameters = parameter_count(spec) if spec else None
    return (parameters or GPTJ_6B.parameters) * _BYTES[dtype]


def export_folders_sweep() -> int:
    """Deletes the folders of exports that are no more. Returns how many."""
    found = dict(_folders())
    kept = FineTuneExport.objects.filter(pk__in=list(found)).values_list("pk", flat=True)
    gone = found.keys() - set(kept) if found else set()
    for export_id in gone:
        shutil.rmtree(found[export_id], ignore_errors=True)
    return len(gone)


def _folders() -> Iterator[tuple[uuid.UUID, Path]]:
    oldest = time.time() - KEPT_SECONDS
    for path in Path(settings.FINETUNES_DIR).glob(f"*/{EXPORTS}/*"):
        with suppress(ValueError, OSError):
            if path.stat().st_mtime < oldest:
                yield uuid.UUID(path.name), path
