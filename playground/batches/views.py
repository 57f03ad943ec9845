"""Running a saved prompt over rows: the form, and the table with its outputs."""

import uuid

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.accounts.addresses import address_of
from playground.accounts.people import person_for_write, person_of
from playground.batches.columns import row_prompts, slots_of
from playground.batches.exports import batch_csv
from playground.batches.selectors import (
    earlier_batches,
    form_of_version,
    get_batch,
    shown_batch,
)
from playground.batches.services import batch_create, batch_delete, batch_stop
from playground.batches.starting import rows_at_once
from playground.batches.table import (
    MAX_BYTES,
    MAX_ROWS,
    Table,
    decode_table,
    read_table,
    refusal,
)
from playground.core.errors import PlaygroundError
from playground.core.http import HtmxRequest, see_other
from playground.core.toasts import take_toast, toast
from playground.library.models import Prompt, PromptVersion
from playground.library.services import get_prompt


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """The form for a table; posted, its rows run on the prompt's newest version."""
    prompt = get_prompt(person_of(request), prompt_id)
    if request.method != "POST":
        return _render_form(request, prompt)
    try:
        made = batch_create(
            person=person_for_write(request),
            address=address_of(request),
            version=_newest(prompt),
            table=_posted_table(request),
        )
    except PlaygroundError as error:
        return _render_form(request, prompt, error)
    return see_other(reverse("batches:batch", args=[made.pk]))


@require_POST
def check(request: HtmxRequest, prompt_id: uuid.UUID) -> HttpResponse:
    """What the table on the page would run, or what is wrong with it. Nothing is kept."""
    prompt = get_prompt(person_of(request), prompt_id)
    context: dict[str, object] = {"prompt": prompt}
    try:
        table = _posted_table(request)
        row_prompts(form_of_version(_newest(prompt)), table)
        context["table"] = table
    except PlaygroundError as error:
        context["error"] = error
    return render(request, "batches/new.html#checked", context)


@require_safe
def batch(request: HtmxRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The rows with their outputs; for HTMX the part that changes, and only if it has."""
    shown = shown_batch(get_batch(person_of(request), batch_id))
    context = {"shown": shown, "batch": shown.batch, "toast": take_toast(request)}
    if not request.htmx:
        return render(request, "batches/batch.html", context)
    if request.GET.get("seen") == shown.seen:
        return HttpResponse(status=204)
    return render(request, "batches/batch.html#rows", context)


@require_POST
def stop(request: HtmxRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Starts no more rows and stops those that run."""
    found = get_batch(person_of(request), batch_id)
    batch_stop(batch=found)
    return see_other(reverse("batches:batch", args=[found.pk]))


@require_safe
def download(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The table and its outputs for a spreadsheet."""
    shown = shown_batch(get_batch(person_of(request), batch_id))
    response = HttpResponse(batch_csv(shown), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rows-{str(batch_id)[:8]}.csv"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Asks, and deletes for good."""
    found = get_batch(person_of(request), batch_id)
    if request.method != "POST":
        return render(request, "batches/delete.html", {"batch": found})
    prompt = found.version.prompt
    batch_delete(batch=found)
    toast(request, "Table deleted. Its runs are in the history.")
    return see_other(reverse("batches:new", args=[prompt.pk]))


def _newest(prompt: Prompt) -> PromptVersion:
    if prompt.head is None:
        raise Http404
    return prompt.head


def _posted_table(request: HttpRequest) -> Table:
    """The file of a form, or else its text. Raises `InvalidInput`."""
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return read_table(request.POST.get("table", ""))
    if request.POST.get("table", "").strip():
        raise refusal("There is a pasted table and a file. Remove one of them.")
    return read_table(decode_table(file.read(MAX_BYTES + 1)))


def _render_form(
    request: HttpRequest, prompt: Prompt, error: PlaygroundError | None = None
) -> HttpResponse:
    slots = slots_of(form_of_version(_newest(prompt)))
    context = {
        "prompt": prompt,
        "slots": slots,
        "first_line": "\t".join(slot.header for slot in slots),
        "text": request.POST.get("table", "") if error else "",
        "error": error,
        "earlier": earlier_batches(prompt),
        "max_rows": MAX_ROWS,
        "max_kib": MAX_BYTES >> 10,
        "at_once": rows_at_once(),
        "toast": take_toast(request),
    }
    return render(request, "batches/new.html", context, status=error.status if error else 200)
