"""What is done to a dataset from its page: renamed, fixed, put back, shared, deleted."""

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from playground.accounts.people import person_of
from playground.core.http import HtmxRequest, see_other
from playground.core.toasts import toast
from playground.datasets.changes import previewed_changes
from playground.datasets.models import Dataset, DatasetVersion
from playground.datasets.selectors import get_dataset, get_version
from playground.datasets.services import (
    dataset_delete,
    dataset_rename,
    dataset_share,
    dataset_unshare,
    version_check_again,
    version_fix,
    version_use,
)


@require_POST
def rename(request: HtmxRequest, dataset_id: uuid.UUID) -> HttpResponse:
    """Gives it another name."""
    found = get_dataset(person_of(request), dataset_id)
    name = request.POST.get("name")
    if name is not None:
        dataset_rename(dataset=found, name=name)
        toast(request, "Renamed.")
    return _back(found)


@require_http_methods(["GET", "HEAD", "POST"])
def fix(request: HtmxRequest, dataset_id: uuid.UUID, number: int, fix: str) -> HttpResponse:
    """What a fix would change; a POST makes the version in which it is changed."""
    found = _version(request, dataset_id, number)
    if request.method != "POST":
        context = {
            "dataset": found.dataset,
            "version": found,
            "changes": previewed_changes(found, fix),
        }
        return render(request, "datasets/fix.html", context)
    made = version_fix(version=found, fix=fix)
    return see_other(reverse("datasets:version", args=[dataset_id, made.number]))


@require_POST
def use(request: HtmxRequest, dataset_id: uuid.UUID, number: int) -> HttpResponse:
    """Makes a version the one in use: to undo a fix, its parent."""
    found = _version(request, dataset_id, number)
    before = get_version(found.dataset)
    version_use(version=found)
    undo = reverse("datasets:use", args=[dataset_id, before.number])
    toast(request, f"Version {found.number} is in use.", undo=undo)
    return _back(found.dataset)


@require_POST
def check_again(request: HtmxRequest, dataset_id: uuid.UUID, number: int) -> HttpResponse:
    """Has a version examined once more."""
    found = _version(request, dataset_id, number)
    version_check_again(version=found)
    return see_other(reverse("datasets:version", args=[dataset_id, number]))


@require_POST
def share(request: HtmxRequest, dataset_id: uuid.UUID) -> HttpResponse:
    """Makes the link by which others read it."""
    found = dataset_share(dataset=get_dataset(person_of(request), dataset_id))
    return _back(found, "#sharing")


@require_POST
def unshare(request: HtmxRequest, dataset_id: uuid.UUID) -> HttpResponse:
    """Closes the link at once."""
    found = dataset_unshare(dataset=get_dataset(person_of(request), dataset_id))
    toast(request, "The link is closed.")
    return _back(found)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HtmxRequest, dataset_id: uuid.UUID) -> HttpResponse:
    """Asks, and deletes for good."""
    found = get_dataset(person_of(request), dataset_id)
    if request.method != "POST":
        context = {"dataset": found, "version_count": found.versions.count()}
        return render(request, "datasets/delete.html", context)
    dataset_delete(dataset=found)
    toast(request, "Deleted for good.")
    return see_other(reverse("datasets:list"))


def _version(request: HtmxRequest, dataset_id: uuid.UUID, number: int) -> DatasetVersion:
    return get_version(get_dataset(person_of(request), dataset_id), number)


def _back(dataset: Dataset, place: str = "") -> HttpResponse:
    return see_other(reverse("datasets:dataset", args=[dataset.pk]) + place)
