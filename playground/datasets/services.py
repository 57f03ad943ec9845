"""What is done to a dataset: made, renamed, fixed, put back, shared, checked again, deleted."""

from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from playground.accounts.models import Person
from playground.checkpoints.jobs import CHECK, CHECK_QUEUE
from playground.checkpoints.registry import registry
from playground.checkpoints.rings import ring
from playground.core.erasing import erasure_ask
from playground.core.errors import InvalidInput
from playground.core.link_tokens import link_token
from playground.core.texts import storable
from playground.datasets import files
from playground.datasets.checks import Finding
from playground.datasets.models import MAX_NAME, Dataset, DatasetVersion, Upload
from playground.datasets.room import check_room

MAX_VERSIONS = 200
UNNAMED = "Dataset"


def plain_name(raw: str, *, limit: int = MAX_NAME) -> str:
    """The last part of a file's name, or a name as it was typed, on one line."""
    line = " ".join(storable(raw, 1_000).split())
    return (line.replace("\\", "/").rpartition("/")[2] or line)[:limit].strip()


def known_model(name: str) -> str:
    """The model whose tokenizer counts; the default for none. Raises `UnknownModel`."""
    known = registry()
    return known.get(name).name if name else known.default


def dataset_create(
    *,
    person: Person,
    name: str,
    model: str,
    part: Path,
    sha256: str,
    size: int,
    upload: Upload | None = None,
) -> Dataset:
    """A dataset of the file ``part`` in quarantine, whose first version waits to be checked.

    upload: what it came by; it is finished in the same transaction.
    """
    file_name = plain_name(name, limit=200)
    title = Path(file_name).stem.strip()[:MAX_NAME] or UNNAMED
    with files.published(part, sha256), transaction.atomic():
        dataset = Dataset.objects.create(person=person, name=title, model=known_model(model))
        dataset.head = DatasetVersion.objects.create(
            dataset=dataset, number=1, sha256=sha256, size=size, file_name=file_name
        )
        dataset.save(update_fields=["head"])
        if upload is not None:
            Upload.objects.filter(pk=upload.pk).update(dataset=dataset, finished_at=timezone.now())
        transaction.on_commit(ring_for_checks)
    return dataset


def dataset_rename(*, dataset: Dataset, name: str) -> Dataset:
    """Raises `InvalidInput` for an empty name."""
    clean = " ".join(storable(name, 1_000).split())
    if not clean:
        raise InvalidInput("Give the dataset a name.", field="name")
    if len(clean) > MAX_NAME:
        raise InvalidInput(f"A name has at most {MAX_NAME} characters.", field="name")
    Dataset.objects.filter(pk=dataset.pk).update(name=clean)
    dataset.name = clean
    return dataset


def version_fix(*, version: DatasetVersion, fix: str) -> DatasetVersion:
    """A new version that ``fix`` will make of ``version``; it is the one in use from now on.

    Fixing the same once more finds the version that there is. Raises `InvalidInput` for a fix that
    nothing offers.
    """
    if fix not in offered_fixes(version):
        raise InvalidInput("Nothing in this version asks for that fix. Reload the page.")
    dataset = version.dataset
    known = dataset.versions.filter(parent=version, fix=fix).first()
    if known is None:
        check_room(dataset.person, size=version.size, rows=0)
        known = _add_version(dataset, version, fix)
    version_use(version=known)
    return known


def offered_fixes(version: DatasetVersion) -> set[str]:
    """The codes of all fixes that the findings name."""
    found = (Finding.from_json(finding) for finding in version.findings)
    return {fix for finding in found for fix in (finding.fix, *finding.other_fixes) if fix}


def version_use(*, version: DatasetVersion) -> Dataset:
    """Makes ``version`` the one in use. Others stay."""
    dataset = version.dataset
    dataset.head, dataset.updated_at = version, timezone.now()
    Dataset.objects.filter(pk=dataset.pk).update(head=version, updated_at=dataset.updated_at)
    return dataset


def version_check_again(*, version: DatasetVersion) -> None:
    """Has a version that was refused examined once more."""
    refused = DatasetVersion.objects.filter(pk=version.pk, state=DatasetVersion.State.REFUSED)
    refused.update(state=DatasetVersion.State.CHECKING, worker="", losses=0, progress=0)
    transaction.on_commit(ring_for_checks)


def dataset_share(*, dataset: Dataset) -> Dataset:
    """Makes the link by which others read the dataset; one that there is stays."""
    found = Dataset.objects.filter(pk=dataset.pk)
    found.filter(share_token=None).update(share_token=link_token())
    dataset.share_token = found.values_list("share_token", flat=True).first()
    return dataset


def dataset_unshare(*, dataset: Dataset) -> Dataset:
    """Closes the link at once. The next one is another."""
    Dataset.objects.filter(pk=dataset.pk).update(share_token=None)
    dataset.share_token = None
    return dataset


def dataset_delete(*, dataset: Dataset) -> None:
    """Deletes the dataset with all versions and their files, for good."""
    versions = list(dataset.versions.exclude(sha256="").only("pk", "sha256"))
    uploads = list(dataset.uploads.only("pk"))
    with transaction.atomic():
        erasure_ask()
        Upload.objects.filter(pk__in=[upload.pk for upload in uploads]).delete()
        dataset.delete()
    for version in versions:
        version.rows_path.unlink(missing_ok=True)
    files.remove({version.sha256 for version in versions}, is_named=is_file_named)


def is_file_named(name: str) -> bool:
    """Whether a version names the file: by its hash, or as the rows of that version."""
    sha256, dot, rest = name.partition(".")
    # What is half written begins with a dot.
    versions = DatasetVersion.objects.filter(sha256=sha256).exclude(sha256="")
    if not dot:
        return versions.exists()
    named = {files.rows_path(sha256, pk).name for pk in versions.values_list("pk", flat=True)}
    return f"{sha256}.{rest}" in named


def ring_for_checks() -> None:
    """Something may wait to be checked."""
    ring(CHECK, CHECK_QUEUE)


def _add_version(dataset: Dataset, parent: DatasetVersion, fix: str) -> DatasetVersion:
    last = dataset.versions.aggregate(last=Max("number"))["last"] or 0
    if last >= MAX_VERSIONS:
        raise InvalidInput(
            f"A dataset has at most {MAX_VERSIONS} versions. Download this one and upload it as a "
            "new dataset."
        )
    try:
        with transaction.atomic():
            version = DatasetVersion.objects.create(
                dataset=dataset,
                number=last + 1,
                size=parent.size,
                file_name=parent.file_name,
                parent=parent,
                fix=fix,
            )
            transaction.on_commit(ring_for_checks)
    except IntegrityError:
        # Another page was quicker by a moment.
        raise InvalidInput("Another page changed this dataset. Reload the page.") from None
    return version
