"""One import a person at a time, and the note about an import that did not end."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from playground.accounts.models import Person
from playground.core.errors import ImportInterrupted, ImportRunning
from playground.history.models import Import

# An import that is silent for longer has lost its process.
STALE = timedelta(seconds=30)
BEAT_SECONDS = 3.0
RETRY_SECONDS = 5
# How long a person sees the note about an import that stopped.
TOLD_FOR = timedelta(days=7)


class Turn:
    """A person's turn to import, kept by a heartbeat now and then."""

    def __init__(self, person: Person, token: uuid.UUID) -> None:
        self._own = Import.objects.filter(person=person, token=token)
        self._beaten = time.monotonic()
        self.saved = 0

    def beat(self) -> None:
        """Sends a heartbeat every few seconds."""
        if time.monotonic() - self._beaten > BEAT_SECONDS:
            self._write(beat_at=timezone.now())

    def expect(self, runs: int) -> None:
        """How many runs are to be saved from here on."""
        self._write(beat_at=timezone.now(), runs=self.saved + runs)

    def count(self, runs: int) -> None:
        """Runs were saved. Call it in the transaction that saves them: it proves the turn."""
        self._write(beat_at=timezone.now(), saved=F("saved") + runs)

    def _write(self, **values: object) -> None:
        if not self._own.update(**values):
            raise ImportInterrupted(
                f"The import stopped after {self.saved:,} runs: you signed in or "
                "started another one meanwhile. Import the same file again; runs that you already "
                "have are not imported again."
            )
        self._beaten = time.monotonic()


@contextmanager
def import_turn(person: Person) -> Iterator[Turn]:
    """The person's turn. Raises `ImportRunning` while another import of theirs runs."""
    token = uuid.uuid4()
    with transaction.atomic():
        # The person's row is the lock: two imports may begin at the same time.
        Person.objects.select_for_update().get(pk=person.pk)
        before = Import.objects.filter(person=person).first()
        if before is not None and is_running(before):
            raise ImportRunning(
                "An import of yours is running already. Wait until it is done.",
                retry_after=RETRY_SECONDS,
            )
        Import.objects.filter(person=person).delete()
        Import.objects.create(person=person, token=token)
    turn = Turn(person, token)
    try:
        yield turn
    except BaseException:
        _end(token, is_told=turn.saved > 0)
        raise
    Import.objects.filter(token=token).delete()


def is_running(one: Import) -> bool:
    return not one.is_over and timezone.now() - one.beat_at < STALE


def import_of(person: Person | None) -> Import | None:
    """The import that the person sees: one that runs, or one that stopped before its end."""
    if person is None:
        return None
    told = Import.objects.filter(person=person, beat_at__gt=timezone.now() - TOLD_FOR).first()
    if told is None or is_running(told):
        return told
    return told if told.saved else None


def import_forget(*, person: Person) -> None:
    """The person knows of the import that stopped. One that runs is left alone."""
    stopped = Import.objects.filter(person=person)
    stopped.exclude(is_over=False, beat_at__gt=timezone.now() - STALE).delete()


def _end(token: uuid.UUID, *, is_told: bool) -> None:
    """Ends the turn at once; if the database is away, it ends by its silence."""
    # Under the current owner: the guest may have become an account.
    own = Import.objects.filter(token=token)
    with suppress(DatabaseError):
        if is_told:
            own.update(is_over=True)
        else:
            own.delete()
