"""Answers to uploads: the tus protocol, a plain form, a text box, an example."""

import uuid

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from playground.accounts.people import person_for_write, person_of
from playground.core.http import HtmxRequest, open_page, see_other
from playground.core.serving.bodies import takes_body, takes_file
from playground.datasets.forms import posted_file, posted_paste
from playground.datasets.models import Dataset, Upload
from playground.datasets.room import max_bytes
from playground.datasets.uploads.intake import (
    dataset_from_example,
    dataset_from_file,
    dataset_from_text,
)
from playground.datasets.uploads.parts import (
    get_upload,
    upload_append,
    upload_create,
    upload_delete,
    upload_finish,
)
from playground.datasets.uploads.protocol import (
    CHUNK_BYTES,
    VERSION,
    describe_server,
    describe_upload,
    read_announced,
    read_chunk,
    read_offset,
)

# What a plain form may carry: such a body is on the disk twice for a moment.
MAX_FORM_BYTES = 128_000_000
# A text box. It is held in memory as a whole.
MAX_PASTED = 1 << 20


@require_http_methods(["POST", "OPTIONS"])
def uploads(request: HtmxRequest) -> HttpResponse:
    """Tus: what the server can do, and a new upload."""
    if request.method == "OPTIONS":
        return describe_server(_tus(204))
    announced = read_announced(request)
    upload = upload_create(person=person_for_write(request), announced=announced)
    response = describe_upload(_tus(201), upload)
    response["Location"] = reverse("datasets:upload_part", args=[upload.pk])
    return response


@takes_body(CHUNK_BYTES)
@require_http_methods(["HEAD", "PATCH", "DELETE", "OPTIONS"])
def upload_part(request: HtmxRequest, upload_id: uuid.UUID) -> HttpResponse:
    """Tus: how far an upload is, its next part, its end."""
    upload = get_upload(person_of(request), upload_id)
    if request.method == "OPTIONS":
        return describe_server(_tus(204))
    if request.method == "HEAD":
        return _describe(_tus(200), upload)
    if request.method == "DELETE":
        upload_delete(upload=upload)
        return _tus(204)
    chunk = read_chunk(request)
    upload_append(upload=upload, offset=read_offset(request), chunk=chunk)
    upload_finish(upload=upload)
    return _describe(_tus(204), upload)


@require_POST
def upload_finished(request: HtmxRequest, upload_id: uuid.UUID) -> HttpResponse:
    """Makes the dataset of an upload that is complete, and opens its page.

    The last part does so too; this is for who did not hear its answer.
    """
    upload = get_upload(person_of(request), upload_id)
    dataset = upload_finish(upload=upload)
    return open_page(request, _address(dataset) if dataset else reverse("datasets:list"))


@require_POST
def upload_discard(request: HtmxRequest, upload_id: uuid.UUID) -> HttpResponse:
    """Gives an upload up."""
    upload_delete(upload=get_upload(person_of(request), upload_id))
    return see_other(reverse("datasets:list"))


@takes_file(min(max_bytes(), MAX_FORM_BYTES))
@require_POST
def upload_file(request: HtmxRequest) -> HttpResponse:
    """A whole file, from a form."""
    file = posted_file(request)
    model = request.POST.get("model", "")
    return _open(dataset_from_file(person=person_for_write(request), file=file, model=model))


@takes_body(MAX_PASTED)
@require_POST
def paste(request: HtmxRequest) -> HttpResponse:
    """Text that was pasted."""
    return _open(dataset_from_text(person=person_for_write(request), **posted_paste(request)))


@require_POST
def example(request: HtmxRequest, example: str) -> HttpResponse:
    """A copy of an example, as the person's own."""
    model = request.POST.get("model", "")
    person = person_for_write(request)
    return _open(dataset_from_example(person=person, slug=example, model=model))


def _tus(status: int) -> HttpResponse:
    return HttpResponse(status=status, headers={"Tus-Resumable": VERSION})


def _describe(response: HttpResponse, upload: Upload) -> HttpResponse:
    """How far it is; of a complete one also where its dataset is."""
    if upload.dataset is not None:
        response["Content-Location"] = _address(upload.dataset)
    return describe_upload(response, upload)


def _open(dataset: Dataset) -> HttpResponse:
    return see_other(_address(dataset))


def _address(dataset: Dataset) -> str:
    return reverse("datasets:dataset", args=[dataset.pk])
