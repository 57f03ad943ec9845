"""Whether there is room for one more dataset, or for one more version: of a person, of the site."""

from django.conf import settings
from django.db.models import Sum

from playground.accounts.models import Person
from playground.accounts.quotas import room_of
from playground.core.errors import BodyTooLarge, QuotaReached
from playground.datasets.durations import size_in_words
from playground.datasets.models import DatasetVersion, Upload


def check_room(person: Person, *, size: int, rows: int = 1) -> None:
    """Raises `QuotaReached` unless ``rows`` more datasets of ``size`` bytes may be kept."""
    room_of(person).check("datasets", rows=rows, size=size)
    total = settings.DATASETS_TOTAL_MIB << 20
    if bytes_of_all() + size > total:
        raise QuotaReached(
            f"The datasets of all people here may take {total >> 20:,} MiB, and there is no room "
            "for this one. Delete some of yours, or ask the people who run this playground to "
            "raise the limit."
        )


def max_bytes() -> int:
    """The size of the largest file."""
    return int(settings.DATASET_MAX_MB) * 1_000_000


def too_large() -> BodyTooLarge:
    """Of a file over `max_bytes`."""
    return BodyTooLarge(
        f"The file is too large: {size_in_words(max_bytes())} is the most. Divide it, or leave "
        "examples out."
    )


def bytes_of_all() -> int:
    """What all versions take, with what uploads have announced."""
    kept = DatasetVersion.objects.aggregate(sum=Sum("size"))["sum"] or 0
    coming = Upload.objects.continuable().aggregate(sum=Sum("size"))["sum"] or 0
    return int(kept + coming)
