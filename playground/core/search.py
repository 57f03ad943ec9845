"""Finding one's own objects by their words.

    words = search.words("...")
    with transaction.atomic():
        search.put(kind="prompt", object_id=prompt.pk, owner=person.pk, words=words)
    Prompt.objects.filter(pk__in=search.matching(kind="prompt", owner=person.pk, query="red fox"))

Words are runs of letters and digits, without case and accents. A query is words
and nothing else: all of them must match, quoted words as a phrase,
and the last one may be the beginning of a word. There are no operators.

SQLite keeps the words in an FTS5 table, PostgreSQL in a tsvector with a GIN
index. Both store the owner and the kind as one more word, so that a
search reads only its owner's words, however much others have. The id of the
words is the entry's: a number that grows with time (docs/decisions/0032).
"""

import re
import time
import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from secrets import randbelow
from typing import NewType

from django.db import Error as DatabaseFailure
from django.db import connection, transaction
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from playground.core.failures import is_passing, warn_once
from playground.core.models import SearchEntry

# More of a text than this is not found; a prompt and a completion are shorter. Of its letters
# as they are spread out, which may be 18 for one.
MAX_CHARACTERS = 200_000
# What spreading may make of a text: Korean takes three letters for one, and nothing that
# people write takes more.
MAX_SPREAD = 4
_SPREAD_AT_ONCE = 4_096
# Longer ones are found by their beginning.
MAX_WORD = 64
MAX_QUERY_WORDS = 16
# Of one letter, the beginning of a word says nothing and costs the most.
MIN_PREFIX = 2
_BATCH = 500

_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r'"([^"]*)"?|([^"]+)')


# The words of a text, ready to be written; `words` makes them.
Words = NewType("Words", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An object with its words, as `put_all` takes it; number: see `new_number`."""

    object_id: uuid.UUID
    number: int
    words: Words


def new_number(moment_ns: int | None = None) -> int:
    """A number for something made now (or then): microseconds, and three random digits.

    Newest first is by number, and no two are the same.
    """
    moment = time.time_ns() if moment_ns is None else moment_ns
    return moment // 1000 * 1000 + randbelow(1000)


def numbers_taken(numbers: Sequence[int]) -> set[int]:
    """Those of ``numbers`` that something has already."""
    found = SearchEntry.objects.filter(pk__in=numbers)
    return set(found.values_list("pk", flat=True))


def numbers_between(first: int, last: int) -> set[int]:
    """The numbers from ``first`` to ``last`` that something has already."""
    found = SearchEntry.objects.filter(pk__range=(first, last))
    return set(found.values_list("pk", flat=True))


def words(text: str) -> Words:
    """What `put` writes of ``text``.

    It takes up to 50 ms. Call it before the transaction begins: on SQLite nobody else writes
    meanwhile.
    """
    return Words(" ".join(words_of(text)))


def put(
    *, kind: str, object_id: uuid.UUID, owner: uuid.UUID, words: Words, number: int | None = None
) -> None:
    """Makes the object findable by ``words``, instead of its earlier words.

    Call it in the transaction that writes the object. Words that the database refuses (a tsvector
    holds 1 MiB) are not found; the object is saved anyway.
    """
    with transaction.atomic():
        entry, _ = SearchEntry.objects.get_or_create(
            kind=kind,
            object_id=object_id,
            defaults={"id": number or new_number(), "owner": owner},
        )
        _write_alone(kind, owner, Entry(object_id=object_id, number=entry.pk, words=words))


def put_all(*, kind: str, owner: uuid.UUID, entries: Sequence[Entry]) -> None:
    """Makes many objects findable that no search knows yet."""
    with transaction.atomic():
        SearchEntry.objects.bulk_create(
            [
                SearchEntry(id=entry.number, kind=kind, object_id=entry.object_id, owner=owner)
                for entry in entries
            ],
            batch_size=_BATCH,
        )
        try:
            with transaction.atomic():
                _write(kind, owner, entries)
        except DatabaseFailure as error:
            if is_passing(error):
                raise
            for entry in entries:
                _write_alone(kind, owner, entry)


def drop(*, kind: str, object_ids: Iterable[uuid.UUID]) -> None:
    """Forgets the objects. Call it in the transaction that deletes them."""
    ids = list(object_ids)
    for start in range(0, len(ids), _BATCH):
        SearchEntry.objects.filter(kind=kind, object_id__in=ids[start : start + _BATCH]).delete()


def drop_all(*, owner: uuid.UUID, kind: str | None = None) -> None:
    """Forgets everything that ``owner`` has, or everything of one kind."""
    entries = SearchEntry.objects.filter(owner=owner)
    (entries if kind is None else entries.filter(kind=kind)).delete()


def hand_over(*, owner: uuid.UUID, to: uuid.UUID) -> None:
    """Makes ``to`` find what ``owner`` found, and ``owner`` nothing any more."""
    with transaction.atomic():
        entries = SearchEntry.objects.filter(owner=owner)
        for kind in list(entries.values_list("kind", flat=True).distinct()):
            numbers = list(entries.filter(kind=kind).values_list("pk", flat=True))
            _rescope(numbers, old=_scope(kind, owner), new=_scope(kind, to))
        entries.update(owner=to)


def matching(*, kind: str, owner: uuid.UUID, query: str) -> QuerySet[SearchEntry, uuid.UUID]:
    """The ids of the objects of ``owner`` that have all words of ``query``.

    For ``filter(pk__in=...)``. None match a query without a word.
    """
    phrases = _phrases(query)
    if not phrases:
        return SearchEntry.objects.none().values_list("object_id", flat=True)
    entries = SearchEntry.objects.all()
    # The scope is among the words; said once more, it keeps PostgreSQL from reading everybody's
    # entries to look up many, and misleads SQLite's planner.
    if connection.vendor == "postgresql":
        entries = entries.filter(owner=owner, kind=kind)
    found = entries.filter(_match("pk", kind, owner, phrases))
    return found.values_list("object_id", flat=True)


def numbered(
    *, field: str, kind: str, owner: uuid.UUID, query: str, at_once: bool = False
) -> Q | Func:
    """The same as a condition on ``field``, where the objects' own table keeps their number.

    For ``filter(numbered(...))``. It reads the words alone and makes a set of integers: much
    faster where very many match. ``at_once`` has PostgreSQL make that set first, rather than
    ask about object after object, which it does else where it takes them to be few.
    """
    phrases = _phrases(query)
    return _match(field, kind, owner, phrases, at_once=at_once) if phrases else Q(pk__in=[])


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: tuple[str, ...]
    is_prefix: bool


def _phrases(query: str) -> list[_Phrase]:
    """What a query asks for.

    >>> _phrases('"red fox" jum')
    [_Phrase(words=('red', 'fox'), is_prefix=False), _Phrase(words=('jum',), is_prefix=True)]
    """
    phrases: list[tuple[str, ...]] = []
    is_open = True
    for part in _PART.finditer(query):
        quoted, plain = part.groups()
        if quoted is not None:
            words = words_of(quoted)
            phrases += [tuple(words)] if words else []
            # A quote that is not closed yet is still being written.
            is_open = not part.group().endswith('"') or part.group() == '"'
        elif words := words_of(plain):
            phrases += [(word,) for word in words]
            is_open = True
    kept: list[tuple[str, ...]] = []
    for phrase in phrases:
        room = MAX_QUERY_WORDS - sum(len(one) for one in kept)
        if room > 0:
            kept.append(phrase[:room])
    last = len(kept) - 1
    return [
        _Phrase(words, is_open and place == last and len(words[-1]) >= MIN_PREFIX)
        for place, words in enumerate(kept)
    ]


def words_of(text: str) -> list[str]:
    """The words of a text, without case and accents.

    >>> words_of("Où est la gare_routière ?")
    ['ou', 'est', 'la', 'gare', 'routiere']
    """
    return [word[:MAX_WORD] for word in _WORD.findall(_spread(text))]


def _spread(text: str) -> str:
    """The text without case and accents, as far as it is found."""
    room = min(MAX_CHARACTERS, MAX_SPREAD * len(text) + MAX_WORD)
    parts: list[str] = []
    # A part at a time, so that no more is made than there is room for. What a letter becomes
    # does not depend on those beside it, once the accents are gone.
    for start in range(0, len(text), _SPREAD_AT_ONCE):
        letters = unicodedata.normalize("NFKD", text[start : start + _SPREAD_AT_ONCE]).casefold()
        accents = [ord(letter) for letter in set(letters) if unicodedata.combining(letter)]
        part = letters.translate(dict.fromkeys(accents))[:room]
        parts.append(part)
        room -= len(part)
        if not room:
            break
    return "".join(parts)


def _scope(kind: str, owner: uuid.UUID) -> str:
    """The word that says whose and what; no text has one so long."""
    return f"scope{kind}{owner.hex}{owner.hex}"


class _Match(Func):
    """Whether a number is one of those whose words match."""

    output_field = BooleanField()
    arity = 2

    def as_sqlite(self, compiler, connection, **context):  # type: ignore[no-untyped-def]
        return super().as_sql(
            compiler,
            connection,
            template="%(expressions)s)",
            arg_joiner=" IN (SELECT rowid FROM core_searchwords WHERE core_searchwords MATCH ",
            **context,
        )

    def as_postgresql(self, compiler, connection, **context):  # type: ignore[no-untyped-def]
        return super().as_sql(
            compiler,
            connection,
            # An offset is where the planner stops to join.
            template="%(expressions)s)" + (" OFFSET 0)" if self.extra["at_once"] else ")"),
            arg_joiner=(
                " IN (SELECT id FROM core_searchwords WHERE words @@ to_tsquery('simple', "
            ),
            **context,
        )


def _match(
    field: str, kind: str, owner: uuid.UUID, phrases: list[_Phrase], *, at_once: bool = False
) -> _Match:
    scope = _scope(kind, owner)
    is_sqlite = connection.vendor == "sqlite"
    expression = _fts5_query(scope, phrases) if is_sqlite else _tsquery(scope, phrases)
    return _Match(F(field), Value(expression), at_once=at_once)


def _fts5_query(scope: str, phrases: Iterable[_Phrase]) -> str:
    # Words are letters and digits, so that no quote can end before its place.
    parts = [f'scope : "{scope}"']
    parts += [
        f'text : "{" ".join(phrase.words)}"{" *" if phrase.is_prefix else ""}' for phrase in phrases
    ]
    return " AND ".join(parts)


def _tsquery(scope: str, phrases: Iterable[_Phrase]) -> str:
    parts = [f"'{scope}'"]
    for phrase in phrases:
        words = [f"'{word}'" for word in phrase.words]
        if phrase.is_prefix:
            words[-1] += ":*"
        parts.append(f"({' <-> '.join(words)})")
    return " & ".join(parts)


def _write(kind: str, owner: uuid.UUID, entries: Sequence[Entry]) -> None:
    scope = _scope(kind, owner)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(
                "INSERT OR REPLACE INTO core_searchwords (rowid, scope, text) VALUES (%s, %s, %s)",
                [(entry.number, scope, entry.words) for entry in entries],
            )
            return
        cursor.executemany(
            # The scope's word is last, where no phrase reaches it.
            "INSERT INTO core_searchwords (id, words)"
            " VALUES (%s, to_tsvector('simple', %s) || strip(to_tsvector('simple', %s)))"
            " ON CONFLICT (id) DO UPDATE SET words = excluded.words",
            [(entry.number, entry.words, scope) for entry in entries],
        )


def _write_alone(kind: str, owner: uuid.UUID, entry: Entry) -> None:
    try:
        with transaction.atomic():
            _write(kind, owner, [entry])
    except DatabaseFailure as error:
        if is_passing(error):
            raise
        warn_once("words_not_stored", row=f"{kind} {entry.object_id}", error=error)


def _rescope(numbers: Sequence[int], *, old: str, new: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(
                "UPDATE core_searchwords SET scope = %s WHERE rowid = %s",
                [(new, number) for number in numbers],
            )
            return
        cursor.executemany(
            "UPDATE core_searchwords SET words ="
            " ts_delete(words, %s) || strip(to_tsvector('simple', %s)) WHERE id = %s",
            [(old, new, number) for number in numbers],
        )
