"""Uploads in parts: made, continued, finished, given up, swept.

A chunk is written to quarantine and is on the disk for good (fsync) before a compare-and-set moves
the row's offset past it. Whatever lies beyond the offset was never acknowledged and is written
over. So the row says at every moment how many bytes are safe, whatever is killed. Two requests for
one upload take turns by a lock on its file, since the later one would write over the bytes of the
earlier one before its compare-and-set fails.
"""

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now
from django.http import Http404
from django.utils import timezone

from playground.accounts.models import Person
from playground.core.errors import InvalidInput, UploadExpired, UploadMoved, WrongChecksum
from playground.datasets import files
from playground.datasets.models import Dataset, Upload
from playground.datasets.room import check_room
from playground.datasets.services import dataset_create, known_model, plain_name
from playground.datasets.uploads.protocol import Announced

# The row of an upload outlives its bytes by this, to say what became of it.
REMEMBERED = timedelta(days=7)
# What no row names is removed from quarantine after so long. Seconds.
STRAY_SECONDS = 24 * 3600.0
_MOVED = "Another page has continued this upload. Ask where it is (HEAD), then go on from there."

log = structlog.get_logger(__name__)


def upload_create(*, person: Person, announced: Announced) -> Upload:
    """A new upload, for which there is room. Raises `QuotaReached`, `InvalidInput`."""
    check_room(person, size=announced.size)
    upload = Upload(
        person=person,
        name=plain_name(announced.name, limit=200),
        model=known_model(announced.model),
        size=announced.size,
        sha256=announced.sha256,
        fingerprint=announced.fingerprint,
    )
    with files.new_file(upload.path):
        pass
    # Without its row, the file is removed by the sweep.
    upload.save()
    return upload


def get_upload(person: Person | None, upload_id: uuid.UUID) -> Upload:
    """The person's upload. Raises `Http404`, or `UploadExpired` for one that is over."""
    upload = Upload.objects.select_related("dataset").filter(pk=upload_id, person=person).first()
    if upload is None or person is None:
        raise Http404
    if upload.is_expired:
        raise UploadExpired("Nobody continued this upload in time. Begin again.")
    return upload


def unfinished_uploads(person: Person | None) -> list[Upload]:
    """What the person can continue, newest first."""
    own = Upload.objects.continuable().filter(person=person)
    return list(own.order_by("-created_at")) if person else []


def upload_append(*, upload: Upload, offset: int, chunk: bytes) -> Upload:
    """Adds ``chunk`` at ``offset`` and returns the upload as it is then.

    Raises `UploadMoved` when the upload is elsewhere, `InvalidInput` for more bytes than were
    announced, `DiskFull`. Nothing has changed then.
    """
    with _hold_file(upload) as fd:
        if upload.finished_at or offset != upload.offset:
            raise UploadMoved(_MOVED)
        if offset + len(chunk) > upload.size:
            raise InvalidInput("These are more bytes than the upload announced.")
        _write(fd, offset, chunk)
        moved = Upload.objects.filter(pk=upload.pk, offset=offset, finished_at=None).update(
            offset=F("offset") + len(chunk), touched_at=Now()
        )
    if not moved:
        raise UploadMoved(_MOVED)
    upload.offset = offset + len(chunk)
    upload.touched_at = timezone.now()
    return upload


def upload_finish(*, upload: Upload) -> Dataset | None:
    """The dataset of a complete upload, made by whoever comes first; None while parts are missing.

    Raises `WrongChecksum` when the whole file is not what was announced: the upload is over then.
    """
    if upload.offset < upload.size or upload.dataset is not None:
        return upload.dataset
    with _hold_file(upload):
        if upload.dataset is None:
            upload.dataset = _make_dataset(upload)
    return upload.dataset


def upload_delete(*, upload: Upload) -> None:
    """Gives the upload up; its bytes go with it."""
    part = upload.path
    upload.delete()
    part.unlink(missing_ok=True)


def uploads_sweep() -> None:
    """Removes what nobody continued in time, and what a crash left in quarantine."""
    now = timezone.now()
    over = now - timedelta(hours=settings.UPLOAD_EXPIRY_HOURS)
    for upload in Upload.objects.filter(touched_at__lte=over):
        upload.path.unlink(missing_ok=True)
        if upload.touched_at <= over - REMEMBERED:
            upload.delete()
    known = {files.part_path(pk).name for pk in Upload.objects.values_list("pk", flat=True)}
    for path in files.incoming().glob("*.part"):
        if path.name not in known and path.stat().st_mtime < time.time() - STRAY_SECONDS:
            path.unlink(missing_ok=True)
            log.info("stray_part_removed", part=path.name)


@contextmanager
def _hold_file(upload: Upload) -> Iterator[int]:
    """The open file of the upload, which nobody else writes to; the row is read again first.

    A process that is killed holds it no more. Raises `Http404` or `UploadExpired`.
    """
    try:
        fd = os.open(upload.path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        fd = -1
    try:
        if fd >= 0:
            fcntl.flock(fd, fcntl.LOCK_EX)
        try:
            upload.refresh_from_db()
        except Upload.DoesNotExist:
            raise Http404 from None
        if upload.finished_at is None and (fd < 0 or os.fstat(fd).st_size < upload.offset):
            raise UploadExpired("What had arrived of this file is gone. Begin again.")
        yield fd
    finally:
        if fd >= 0:
            os.close(fd)


def _make_dataset(upload: Upload) -> Dataset:
    sha256 = files.sha256_of(upload.path)
    if upload.sha256 and sha256 != upload.sha256:
        upload_delete(upload=upload)
        raise WrongChecksum(
            "The file that arrived is not the file that was announced: it may have changed while "
            "it was uploaded. Choose it again."
        )
    return dataset_create(
        person=upload.person,
        name=upload.name,
        model=upload.model,
        part=upload.path,
        sha256=sha256,
        size=upload.size,
        upload=upload,
    )


def _write(fd: int, offset: int, chunk: bytes) -> None:
    """Puts ``chunk`` at ``offset``, for good. What was beyond was never acknowledged."""
    with files.room_errors():
        os.ftruncate(fd, offset)
        try:
            _write_all(fd, chunk, offset)
            os.fsync(fd)
        except OSError:
            os.ftruncate(fd, offset)
            raise


def _write_all(fd: int, chunk: bytes, offset: int) -> None:
    view = memoryview(chunk)
    while view:
        count = os.pwrite(fd, view, offset)
        view, offset = view[count:], offset + count
