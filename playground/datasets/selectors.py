"""A person's datasets and their versions, and what a link shows. Others' do not exist."""

import uuid
from pathlib import Path

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404

from playground.accounts.models import Person
from playground.checkpoints.jobs import CHECK
from playground.checkpoints.selectors import live_workers
from playground.core.errors import NotFound
from playground.datasets.models import Dataset, DatasetVersion

PER_PAGE = 30


def datasets_of(person: Person | None) -> QuerySet[Dataset]:
    """The person's datasets, changed last first, each with its head."""
    own = Dataset.objects.filter(person=person) if person else Dataset.objects.none()
    return own.select_related("head").order_by("-updated_at", "pk")


def datasets_page(person: Person | None, number: str) -> Page[Dataset]:
    """One page of the list."""
    return Paginator(datasets_of(person), PER_PAGE).get_page(number)


def get_dataset(person: Person | None, dataset_id: uuid.UUID) -> Dataset:
    """The person's dataset. Raises `Http404`."""
    dataset = datasets_of(person).filter(pk=dataset_id).first()
    if dataset is None:
        raise Http404
    return dataset


def get_version(dataset: Dataset, number: int | None = None) -> DatasetVersion:
    """The version of that number, or the one in use. Raises `Http404`."""
    versions = dataset.versions.select_related("parent")
    version = dataset.head if number is None else versions.filter(number=number).first()
    if version is None:
        raise Http404
    # One object for both, so that what one changes the other shows.
    version.dataset = dataset
    return version


def shared_dataset(token: str) -> Dataset:
    """What a link shows. Closed, and never made, are the same: there is nothing."""
    shared = Dataset.objects.select_related("head", "person__user")
    dataset = shared.filter(share_token=token).first() if token else None
    if dataset is None:
        raise Http404
    return dataset


def versions_of(dataset: Dataset) -> list[DatasetVersion]:
    """All versions, newest first, without their findings."""
    versions = dataset.versions.defer("findings", "figures", "changes")
    return list(versions.select_related("parent").order_by("-number"))


def original_file(version: DatasetVersion) -> Path:
    """The version's file. Raises `NotFound` while a fix makes it, or when the disk has lost it."""
    if not version.sha256 or not version.path.is_file():
        raise NotFound("The file of this version is not there. Reload the page in a moment.")
    return version.path


def has_checker() -> bool:
    """Whether a process examines datasets now."""
    return live_workers(CHECK).exists()
