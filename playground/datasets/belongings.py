"""A person's datasets and uploads, as they are exported and let go."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Sum

from playground.accounts.belongings import Amount, Belonging, Whose, owned_by
from playground.accounts.models import Person
from playground.core.batches import in_batches
from playground.core.failures import each_alone
from playground.datasets.models import Dataset, DatasetVersion, Upload
from playground.datasets.services import dataset_delete
from playground.datasets.uploads.parts import upload_delete

_BATCH = 50


def _export(person: Person) -> Iterator[dict[str, Any]]:
    """What is known of each. The files are downloaded from their pages."""
    datasets = Dataset.objects.filter(person=person).prefetch_related("versions")
    for dataset in in_batches(datasets, by="created_at", size=_BATCH):
        versions = sorted(dataset.versions.all(), key=lambda version: version.number)
        yield {
            "kind": "dataset",
            "id": dataset.pk,
            "name": dataset.name,
            "model": dataset.model,
            "version": next((v.number for v in versions if v.pk == dataset.head_id), None),
            "share_token": dataset.share_token,
            "created_at": dataset.created_at,
            "versions": [_version(version) for version in versions],
        }


def _version(version: DatasetVersion) -> dict[str, Any]:
    return {
        "id": version.pk,
        "number": version.number,
        "sha256": version.sha256,
        "size": version.size,
        "file_name": version.file_name,
        "form": version.form,
        "state": version.state,
        "rows": version.rows,
        "tokens": version.tokens,
        "findings": version.findings,
        "figures": version.figures,
        "parent": version.parent_id,
        "fix": version.fix,
        "created_at": version.created_at,
    }


def _release(person: Person) -> None:
    """The files go before the rows that name them."""
    own = Dataset.objects.filter(person=person)
    each_alone(own, lambda dataset: dataset_delete(dataset=dataset), event="dataset_not_deleted")


def _measure(whose: Whose) -> dict[str, Amount]:
    """Datasets and what their versions take, with uploads that have announced a size."""
    datasets = Dataset.objects.filter(owned_by(whose)).count()
    versions = DatasetVersion.objects.filter(owned_by(whose, path="dataset__person"))
    uploads = Upload.objects.continuable().filter(owned_by(whose))
    sizes = [rows.aggregate(sum=Sum("size"))["sum"] or 0 for rows in (versions, uploads)]
    return {"datasets": Amount(rows=datasets + uploads.count(), size=sum(sizes))}


def _export_uploads(person: Person) -> Iterator[dict[str, Any]]:
    for upload in Upload.objects.filter(person=person, finished_at=None).order_by("created_at"):
        yield {
            "kind": "upload",
            "id": upload.pk,
            "name": upload.name,
            "size": upload.size,
            "offset": upload.offset,
            "created_at": upload.created_at,
        }


def _release_uploads(person: Person) -> None:
    own = Upload.objects.filter(person=person)
    each_alone(own, lambda upload: upload_delete(upload=upload), event="upload_not_deleted")


BELONGINGS = (
    Belonging(model=Dataset, export=_export, release=_release, measure=_measure),
    Belonging(model=Upload, export=_export_uploads, release=_release_uploads),
)
