"""How a fine-tune reaches its final state, whoever brings it there.

Every way is a compare-and-set on the row: the count of rows says who won, and only the winner
registers the tuned model, tells pages and lets the job's working files go.
"""

import uuid
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from playground.checkpoints.models import Adapter
from playground.checkpoints.services import adapter_delete, adapter_register, adapter_rename
from playground.core.errors import NoModel, PlaygroundError
from playground.core.texts import public_reason
from playground.finetunes.folders import (
    RESULT,
    folder_measure,
    folder_remove,
    folder_trim,
    job_folder,
)
from playground.finetunes.models import FineTune
from playground.finetunes.options import LABELS, TEXT_TEMPERATURE, TEXTS
from playground.finetunes.record import tell_look

# Of a tuned model's example prompt on the page that opens to try it.
MAX_EXAMPLE = 2_000
_NO_MODEL = "The training ended before there was a model to keep. Let it run for longer."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a worker says of a training that has ended. result: as `FineTune.result`."""

    status: str
    result: dict[str, Any] = field(default_factory=dict)
    error_code: str = ""
    error_message: str = ""


def finetune_finish(*, finetune: FineTune, outcome: Outcome) -> str:
    """Stores the outcome if this attempt still holds the fine-tune. "" for a zombie.

    A model that cannot be registered ends the fine-tune as failed, with the reason. Returns the
    status that the row has now.
    """
    held = FineTune.objects.filter(
        pk=finetune.pk, attempt=finetune.attempt, status=FineTune.Status.RUNNING
    )
    # As it is now: it may have got another name since it was claimed, and another owner.
    row = held.select_related("person").first()
    if row is None:
        return ""
    adapter = None
    if outcome.status in FineTune.WITH_MODEL:
        try:
            if row.trains_all_weights:
                _check_model(row)
            else:
                adapter = _register(row)
        except PlaygroundError as error:
            outcome = replace(
                outcome,
                status=FineTune.Status.FAILED,
                error_code=error.code,
                error_message=error.message,
            )
    return _store(held, finetune.pk, outcome, adapter=adapter)


def finetune_finish_waiting(
    *, finetune_id: uuid.UUID, status: str, error_code: str = "", error_message: str = ""
) -> bool:
    """Ends a fine-tune that waits. False when it does not wait (any more)."""
    waiting = FineTune.objects.filter(pk=finetune_id, status__in=FineTune.WAITING)
    outcome = Outcome(status=status, error_code=error_code, error_message=error_message)
    return bool(_store(waiting, finetune_id, outcome))


def _check_model(finetune: FineTune) -> None:
    """All weights were trained: what came of it stays where it is, and is served by nobody."""
    folder = job_folder(finetune.pk) / RESULT / "model"
    if not all((folder / name).is_file() for name in ("config.json", "model.safetensors")):
        raise NoModel(_NO_MODEL)


def _register(finetune: FineTune) -> Adapter:
    folder = job_folder(finetune.pk) / RESULT / "adapter"
    if not folder.is_dir():
        raise NoModel(_NO_MODEL)
    data = finetune.data
    suffix = str(data.get("prompt_suffix") or "")
    examples = data.get("examples") or [""]
    return adapter_register(
        # Of whoever died after this, the next attempt finds it registered.
        adapter_id=finetune.pk,
        person=finetune.person,
        base=finetune.base,
        title=finetune.name,
        folder=folder,
        note=finetune.note,
        # The page puts the suffix behind it by itself.
        example=str(examples[0])[:MAX_EXAMPLE].removesuffix(suffix),
        prompt_suffix=suffix,
        parameters=_parameters(str(data.get("task"))),
    )


def _parameters(task: str) -> dict[str, float]:
    """With what the model is tried: a label is the likeliest one, and it is short."""
    if task == LABELS:
        return {"temperature": 0.0, "max_tokens": 16}
    return {"temperature": TEXT_TEMPERATURE} if task == TEXTS else {}


def _settle_model(finetune: FineTune, adapter: Adapter | None) -> None:
    """The tuned model has the name that the row has by now. One that an attempt registered which
    did not live to store its end goes, where the end is another."""
    if adapter is None:
        for unused in Adapter.objects.filter(pk=finetune.pk, state=Adapter.State.READY):
            adapter_delete(adapter=unused)
    elif (adapter.title, adapter.note) != (finetune.name, finetune.note):
        adapter_rename(adapter=adapter, title=finetune.name, note=finetune.note)


def _store(
    rows: QuerySet[FineTune],
    finetune_id: uuid.UUID,
    outcome: Outcome,
    *,
    adapter: Adapter | None = None,
) -> str:
    with transaction.atomic():
        won = rows.update(
            status=outcome.status,
            worker="",
            place="",
            result=outcome.result,
            error_code=outcome.error_code,
            error_message=public_reason(outcome.error_message),
            adapter=adapter,
            waiting_since=None,
            finished_at=Now(),
        )
        finetune = FineTune.objects.filter(pk=finetune_id).first()
        if won and finetune is not None:
            _settle_model(finetune, adapter)
    if not won:
        if adapter is not None and finetune is None:
            # It was deleted meanwhile, and what it gave goes with it.
            adapter_delete(adapter=adapter)
        return ""
    if outcome.status == FineTune.Status.CANCELLED:
        folder_remove(finetune_id)
    else:
        folder_trim(finetune_id)
    if finetune is not None:
        tell_look(finetune, epoch=finetune.epoch)
    folder_measure(finetune_id)
    return outcome.status
