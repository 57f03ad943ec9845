"""How much a person, and all people of one network address, may store.

Guests can delete their cookie and begin again, so an address has limits too.
"""

import time
from dataclasses import dataclass, replace

from django.conf import settings
from django.core.cache import cache

from playground.accounts.belongings import Amount, Whose, belongings
from playground.accounts.models import Person
from playground.core.errors import QuotaReached

# By the name of a quota, what to do when it is reached.
WAYS_OUT = {
    "runs": "Delete some in the history",
    "prompts": "Delete some: archive them on the page Prompts, and delete them there",
    "versions": "Delete prompts that have many: archive them on the page Prompts first",
    "drafts": "Delete some on the page Prompts, under Drafts",
    "batches": "Delete some on the page Run over rows of their prompts",
    "models": "Delete tuned models that you no longer need",
    "datasets": "Delete some on the page Datasets",
    "finetunes": "Delete some on the page Fine-tunes",
}
# What a quota's rows are called where the name is not the word for them.
WORDS = {
    "batches": "tables of rows",
    "models": "tuned models",
    "finetunes": "fine-tunes",
    "MiB": "MiB of everything else",
}
# By the name of a quota whose files have a limit of their own: what they are, and what to do.
FILES = {
    "finetunes": (
        "files of fine-tunes",
        "Delete fine-tunes or merged models that you no longer need on the page Fine-tunes",
    )
}
# How long a sum stays good enough, far from every limit.
RECENT_SECONDS = 60
# Of the names of limits in MiB.
MIB = "MIB"
_TRY_AGAIN = "then try again. What you have typed is still on the page."


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLine:
    """One line about a person's stored data."""

    name: str
    amount: int
    limit: int

    @property
    def words(self) -> str:
        """What is counted, for people."""
        return WORDS.get(self.name, self.name)

    @property
    def amount_text(self) -> str:
        return f"{self.amount:,}"

    @property
    def limit_text(self) -> str:
        return f"{self.limit:,}"


def usage_of(whose: Whose) -> dict[str, Amount]:
    """The stored amounts, by the name of a quota."""
    usage: dict[str, Amount] = {}
    for belonging in belongings():
        if belonging.measure is not None:
            usage |= belonging.measure(whose)
    return usage


def quota_lines(person: Person) -> list[QuotaLine]:
    """The lines of the person's account page, MiB last."""
    usage = usage_of(person)
    rows = [
        QuotaLine(name=name, amount=amount.rows, limit=_limit("PERSON", name))
        for name, amount in usage.items()
    ]
    files = [
        QuotaLine(
            name=f"MiB of {what}", amount=usage[name].files >> 20, limit=_limit("PERSON", name, MIB)
        )
        for name, (what, _) in FILES.items()
        if name in usage
    ]
    return [
        *rows,
        *files,
        QuotaLine(name="MiB", amount=_size(usage) >> 20, limit=settings.LIMIT_PERSON_MIB),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The remaining room at the moment of the question: see `room_of`."""

    person: Person
    # None if all data of the address are far below the limits of one person.
    of_person: dict[str, Amount] | None
    # None for a person with an unknown address.
    of_address: dict[str, Amount] | None

    @property
    def usage(self) -> dict[str, Amount]:
        """The sums: of the address, if it is known, else of the person."""
        return self.of_person or {} if self.of_address is None else self.of_address

    def check(self, name: str, *, rows: int = 1, size: int = 0, files: int = 0) -> None:
        """Raises `QuotaReached` unless ``rows`` more may be stored, of ``size`` bytes together,
        with ``files`` bytes of files that have a limit of their own."""
        more = Amount(rows=rows, size=size, files=files)
        if self.of_address is None or not _has_room(self.of_address, "PERSON", name, more):
            of_person = usage_of(self.person) if self.of_person is None else self.of_person
            _check(of_person, "PERSON", name, more)
        if self.of_address is not None:
            _check(self.of_address, "ADDRESS", name, more)


def room_of(person: Person) -> Room:
    """Adds up all stored data. Call it before the transaction that saves more.

    Two requests at the same moment can together exceed a limit, once.
    """
    of_address = usage_of(person.address) if person.address else None
    # The person's data are part of that, and are added up only where it may matter.
    is_far = of_address is not None and _is_far_from_limits(of_address)
    return Room(
        person=person, of_person=None if is_far else usage_of(person), of_address=of_address
    )


def check_room_for_one(person: Person, name: str, *, size: int) -> None:
    """Raises `QuotaReached` unless one more row of ``size`` bytes may be stored.

    This is checked before each run, and the sums take longer than the rest of the check. So far
    from every limit they are made once a minute, and rows that this process allowed since then are
    added. Rows of other processes and the outputs of runs in that minute are not: a limit can be
    exceeded by that much, once.
    """
    key = f"kept:{person.address or person.pk}"
    counted_at, usage = cache.get(key, (0.0, None))
    is_recent = time.monotonic() - counted_at < RECENT_SECONDS
    more = Amount(rows=1, size=size)
    if not (is_recent and _is_far_from_limits(usage) and _has_room(usage, "PERSON", name, more)):
        room = room_of(person)
        room.check(name, size=size)
        counted_at, usage = time.monotonic(), room.usage
    kept = usage[name]
    usage = {**usage, name: replace(kept, rows=kept.rows + 1, size=kept.size + size)}
    cache.set(key, (counted_at, usage), RECENT_SECONDS)


def _is_far_from_limits(usage: dict[str, Amount]) -> bool:
    """Whether twice as much would still be within the limits, of a person and of an address."""
    return all(
        all(2 * amount.rows <= _limit(scope, name) for name, amount in usage.items())
        and 2 * _size(usage) <= _limit(scope, MIB) << 20
        and all(
            2 * usage[name].files <= _limit(scope, name, MIB) << 20
            for name in FILES
            if name in usage
        )
        for scope in ("PERSON", "ADDRESS")
    )


def _has_room(usage: dict[str, Amount], scope: str, name: str, more: Amount) -> bool:
    try:
        _check(usage, scope, name, more)
    except QuotaReached:
        return False
    return True


def _check(usage: dict[str, Amount], scope: str, name: str, more: Amount) -> None:
    most, kept = _limit(scope, name), usage[name]
    if more.rows and kept.rows + more.rows > most:
        raise QuotaReached(_words_on_rows(scope, name, kept.rows, more.rows, most))
    room = _limit(scope, MIB) << 20
    # What becomes smaller is always taken.
    if more.size > 0 and _size(usage) + more.size > room:
        raise QuotaReached(_words_on_size(scope, room, more.size))
    if more.files > 0 and kept.files + more.files > (room := _limit(scope, name, MIB) << 20):
        raise QuotaReached(_words_on_files(scope, name, kept.files, more.files, room))


def _words_on_rows(scope: str, name: str, kept: int, more: int, most: int) -> str:
    words = WORDS.get(name, name)
    these = f"this brings {more:,} more" if more > 1 else "there is no room for another"
    if scope == "PERSON":
        return (
            f"You keep {kept:,} of at most {most:,} {words}; {these}. "
            f"{WAYS_OUT[name]}, {_TRY_AGAIN}"
        )
    return (
        f"All people of your network address keep {kept:,} of at most {most:,} {words}; {these}. "
        "Delete some of yours, or ask the people who run this playground to raise the limit."
    )


def _words_on_size(scope: str, room: int, more: int) -> str:
    these = f", and this takes {more >> 20:,} MiB" if more >> 20 else ""
    if scope == "PERSON":
        return (
            f"Your data may take {room >> 20:,} MiB{these}. Delete runs in the history, "
            f"prompts on the page Prompts, or datasets, {_TRY_AGAIN}"
        )
    return (
        f"The data of all people of your network address may take {room >> 20:,} MiB{these}. "
        "Delete some of yours, or ask the people who run this playground to raise the limit."
    )


def _words_on_files(scope: str, name: str, kept: int, more: int, room: int) -> str:
    what, way_out = FILES[name]
    these = (
        f"take {_mib(kept)} of at most {_mib(room)} MiB, and this needs {_mib(more)} more at most"
    )
    if scope == "PERSON":
        return f"Your {what} {these}. {way_out}, {_TRY_AGAIN}"
    return (
        f"The {what} of all people of your network address {these}. Delete some of yours, or ask "
        "the people who run this playground to raise the limit."
    )


def _mib(size: int) -> str:
    return f"{-(-size >> 20):,}"


def _limit(scope: str, *names: str) -> int:
    return int(getattr(settings, "_".join(["LIMIT", scope, *names]).upper()))


def _size(usage: dict[str, Amount]) -> int:
    return sum(amount.size for amount in usage.values())
