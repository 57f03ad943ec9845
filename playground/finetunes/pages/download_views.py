"""What can be taken away: the adapter in PEFT's format, and the record as a table."""

import uuid

from django.http import Http404, StreamingHttpResponse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from playground.accounts.people import person_of
from playground.checkpoints.adapter_files import folder_of
from playground.core.http import HtmxRequest
from playground.core.serving.streaming import download, download_blocks
from playground.finetunes.folders import RESULT, job_folder
from playground.finetunes.models import FineTune
from playground.finetunes.pages.exports import results_lines, zip_blocks
from playground.finetunes.selectors import get_finetune


@require_safe
def adapter(request: HtmxRequest, finetune_id: uuid.UUID) -> StreamingHttpResponse:
    """The tuned model as a ZIP of PEFT's two files, with its card."""
    finetune = get_finetune(person_of(request), finetune_id)
    model = finetune.adapter
    if model is None or model.is_deleted:
        raise Http404
    folder, result = folder_of(model.folder), job_folder(finetune.pk) / RESULT
    files = [folder / "adapter_config.json", folder / "adapter_model.safetensors"]
    files += [result / "card.md", result / "evaluation.json"]
    blocks = zip_blocks([path for path in files if path.is_file()])
    return download_blocks(blocks, name=f"{file_name(finetune)}.zip")


@require_safe
def results(request: HtmxRequest, finetune_id: uuid.UUID) -> StreamingHttpResponse:
    """The steps and evaluations of the record so far."""
    finetune = get_finetune(person_of(request), finetune_id)
    return download(
        results_lines(finetune), name=f"{file_name(finetune)}.csv", content_type="text/csv"
    )


def file_name(finetune: FineTune) -> str:
    """What its files are called where they are saved, without an ending."""
    return slugify(finetune.name) or "fine-tune"
