"""The whole model of a fine-tune: asked for, followed, taken away, deleted."""

import uuid

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.accounts.people import person_of
from playground.core.http import HtmxRequest, open_page
from playground.core.serving.streaming import download_blocks
from playground.core.toasts import toast
from playground.finetunes.exporting.files import model_files
from playground.finetunes.exporting.services import export_create, export_delete
from playground.finetunes.models import FineTune, FineTuneExport
from playground.finetunes.pages.download_views import file_name
from playground.finetunes.pages.export_page import ExportsSection
from playground.finetunes.pages.exports import zip_blocks
from playground.finetunes.selectors import get_finetune


@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HtmxRequest, finetune_id: uuid.UUID) -> HttpResponse:
    """How far they are, or nothing where the page shows it already; and asking for one."""
    finetune = get_finetune(person_of(request), finetune_id)
    if request.method == "POST":
        export_create(finetune=finetune, dtype=request.POST.get("dtype", ""))
        return open_page(request, _section(finetune))
    section = ExportsSection(finetune)
    if request.GET.get("seen") == section.seen:
        return HttpResponse(status=204)
    context = {"exports": section, "finetune": finetune}
    return render(request, "finetunes/_exports.html#rows", context)


@require_safe
def export_file(request: HtmxRequest, finetune_id: uuid.UUID, dtype: str) -> StreamingHttpResponse:
    """The whole model as a ZIP: weights, configuration, tokenizer, card, what was measured."""
    finetune = get_finetune(person_of(request), finetune_id)
    export = _get_export(finetune, dtype)
    files = model_files(export)
    if export.status != FineTuneExport.Status.READY or not files:
        raise Http404
    return download_blocks(zip_blocks(files), name=f"{file_name(finetune)}-{export.dtype}.zip")


@require_POST
def delete_export(request: HtmxRequest, finetune_id: uuid.UUID, dtype: str) -> HttpResponse:
    """Deletes the whole model in one dtype; what it was made of stays."""
    finetune = get_finetune(person_of(request), finetune_id)
    export_delete(export=_get_export(finetune, dtype))
    toast(request, f"The model in {dtype} is deleted.")
    return open_page(request, _section(finetune))


def _get_export(finetune: FineTune, dtype: str) -> FineTuneExport:
    known = dtype in FineTuneExport.Dtype.values
    export = finetune.exports.filter(dtype=dtype).first() if known else None
    if export is None:
        raise Http404
    return export


def _section(finetune: FineTune) -> str:
    return f"{reverse('finetunes:finetune', args=[finetune.pk])}#exports"
