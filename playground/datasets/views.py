"""What there is to see: the list of datasets, the page of one, the guide, what a link shows."""

import random
import uuid
from typing import TypeVar

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from playground.accounts.people import expect_writes, person_of
from playground.checkpoints.registry import registry
from playground.core.http import HtmxRequest, read_small_number
from playground.core.serving.streaming import download_file
from playground.core.toasts import take_toast
from playground.datasets.changes import made_changes
from playground.datasets.examples import (
    MAX_QUERY,
    Examples,
    first_examples,
    found_examples,
    random_examples,
)
from playground.datasets.figures import Figures
from playground.datasets.models import Dataset, DatasetVersion
from playground.datasets.presentation import shown_findings
from playground.datasets.room import max_bytes
from playground.datasets.selectors import (
    datasets_page,
    get_dataset,
    get_version,
    has_checker,
    original_file,
    shared_dataset,
    versions_of,
)
from playground.datasets.uploads.intake import EXAMPLES
from playground.datasets.uploads.parts import unfinished_uploads
from playground.datasets.uploads.protocol import CHUNK_BYTES

# Of an answer to the search among examples.
MAX_PLACE = 1 << 40

Answer = TypeVar("Answer", bound=HttpResponseBase)


@require_safe
def datasets(request: HtmxRequest) -> HttpResponse:
    """The person's datasets, and the ways to add one; for HTMX the list alone."""
    # What is uploaded in parts must all come from one guest.
    expect_writes(request)
    person = person_of(request)
    page = datasets_page(person, request.GET.get("page", "1"))
    context = {
        "page": page,
        "is_checking": any(one.head and one.head.is_checking for one in page),
        "uploads": unfinished_uploads(person),
        "examples": EXAMPLES.values(),
        "models": list(registry().models.values()),
        "default_model": registry().default,
        "max_bytes": max_bytes(),
        "chunk_bytes": CHUNK_BYTES,
        "toast": take_toast(request),
    }
    return render(request, f"datasets/list.html{'#rows' if request.htmx else ''}", context)


@require_safe
def guide(request: HtmxRequest) -> HttpResponse:
    """How to prepare a dataset."""
    return render(request, "datasets/guide.html", {"max_bytes": max_bytes()})


@require_safe
def dataset(request: HtmxRequest, dataset_id: uuid.UUID) -> HttpResponse:
    """The version in use."""
    found = get_dataset(person_of(request), dataset_id)
    return _page(request, found, get_version(found))


@require_safe
def version(request: HtmxRequest, dataset_id: uuid.UUID, number: int) -> HttpResponse:
    """One of its versions."""
    found = get_dataset(person_of(request), dataset_id)
    return _page(request, found, get_version(found, number))


@require_safe
def check_state(request: HtmxRequest, dataset_id: uuid.UUID, number: int) -> HttpResponse:
    """How far the check of a version is; when it is done, the page is loaded anew."""
    found = get_version(get_dataset(person_of(request), dataset_id), number)
    if not found.is_checking:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    context = {"dataset": found.dataset, "version": found, "has_checker": has_checker()}
    return render(request, "datasets/_checking.html", context)


@require_safe
def download(request: HtmxRequest, dataset_id: uuid.UUID, number: int) -> StreamingHttpResponse:
    """The version's file, as it was sent or as a fix made it."""
    return _file(get_version(get_dataset(person_of(request), dataset_id), number))


@login_not_required
@require_safe
def shared(request: HtmxRequest, token: str) -> HttpResponse:
    """The version in use of a dataset, for whoever has the link."""
    found = shared_dataset(token)
    shown = get_version(found)
    address = reverse("datasets:shared", args=[token])
    context = {**_looks(request, shown, address), "author": found.person.public_name}
    part = "#examples" if _asks_for_examples(request) else ""
    return _unlisted(render(request, f"datasets/shared.html{part}", context))


@login_not_required
@require_safe
def shared_file(request: HtmxRequest, token: str) -> StreamingHttpResponse:
    """Its file."""
    return _unlisted(_file(get_version(shared_dataset(token))))


def _page(request: HtmxRequest, dataset: Dataset, version: DatasetVersion) -> HttpResponse:
    address = reverse("datasets:version", args=[dataset.pk, version.number])
    context = _looks(request, version, address)
    if _asks_for_examples(request):
        return render(request, "datasets/dataset.html#examples", context)
    link = reverse("datasets:shared", args=[dataset.share_token]) if dataset.share_token else ""
    context |= {
        "versions": versions_of(dataset),
        "is_head": version.pk == dataset.head_id,
        "has_checker": has_checker() if version.is_checking else True,
        "changes": made_changes(version),
        "share_address": request.build_absolute_uri(link) if link else "",
        "toast": take_toast(request),
    }
    return render(request, "datasets/dataset.html", context)


def _looks(request: HtmxRequest, version: DatasetVersion, address: str) -> dict[str, object]:
    """What both the owner and the reader of a link see."""
    query = request.GET.get("q", "").replace("\0", "").strip()[:MAX_QUERY]
    show = "random" if request.GET.get("show") == "random" and not query else "first"
    return {
        "dataset": version.dataset,
        "version": version,
        "findings": shown_findings(version),
        "figures": Figures(version),
        "examples": _examples(request, version, query=query, show=show),
        "show": show,
        "query": query,
        "next_seed": random.randrange(10**6),
        "address": address,
    }


def _examples(request: HtmxRequest, version: DatasetVersion, *, query: str, show: str) -> Examples:
    at = min(read_small_number(request.GET.get("at", "")) or 0, MAX_PLACE)
    if query:
        return found_examples(version, query=query, at=at)
    if show == "random":
        return random_examples(version, seed=read_small_number(request.GET.get("seed", "")) or 0)
    return first_examples(version, at=at)


def _asks_for_examples(request: HtmxRequest) -> bool:
    return bool(request.htmx) and request.htmx.target == "examples"


def _file(version: DatasetVersion) -> StreamingHttpResponse:
    ending = version.form if version.form in ("jsonl", "json", "csv", "tsv") else "txt"
    name = f"{version.dataset.name}-{version.number}.{ending}"
    return download_file(original_file(version), name=name)


def _unlisted(response: Answer) -> Answer:
    """A link is in no index, and whoever follows one from here does not take the token along."""
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
