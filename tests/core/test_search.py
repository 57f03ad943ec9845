"""Searching one's own rows by their words, on whatever database the tests run."""

import re
import unicodedata
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from playground.core import search

pytestmark = pytest.mark.django_db

OWNER, OTHER = uuid.uuid4(), uuid.uuid4()
TEXT = "The quick, brown fox jumps over the lazy dog; où est la gare_routière ? Strasse x86-64."


@pytest.fixture
def entry() -> uuid.UUID:
    object_id = uuid.uuid4()
    search.put(kind="run", object_id=object_id, owner=OWNER, words=search.words(TEXT))
    return object_id


def find(query: str, *, owner: uuid.UUID = OWNER, kind: str = "run") -> list[uuid.UUID]:
    return list(search.matching(kind=kind, owner=owner, query=query))


@pytest.mark.parametrize(
    "query",
    [
        "fox",
        "FOX quick",
        "jum",
        "fox jum",
        '"brown fox"',
        '"brown fox" jump',
        '"brown fo',
        "ou gare routiere",
        "GARE",
        "straße",
        "x86 64",
        'fox "',
        "l'",
    ],
)
def test_all_words_must_match_and_the_last_may_be_incomplete(entry: uuid.UUID, query: str) -> None:
    assert find(query) == ([entry] if query != "l'" else [])


@pytest.mark.parametrize(
    "query", ["fix", "jum fox", '"fox brown"', '"brown fo"', "ox", "fox cat", "", "?!", '""', " "]
)
def test_missing_words_are_not_found(entry: uuid.UUID, query: str) -> None:
    assert find(query) == []


@pytest.mark.parametrize(
    "query",
    [
        "fox OR cat",
        "fox NOT dog",
        "fox AND cat",
        "NEAR(fox dog)",
        "scope : fox",
        "fox & !dog | cat",
    ],
)
def test_there_are_no_operators(entry: uuid.UUID, query: str) -> None:
    assert find(query) == []


def test_only_rows_of_the_owner_and_the_kind_are_found(entry: uuid.UUID) -> None:
    assert find("fox", owner=OTHER) == []
    assert find("fox", kind="prompt") == []
    assert find(search._scope("run", OWNER), owner=OTHER) == []
    assert find(search._scope("run", OWNER)[:40], owner=OTHER) == []


def test_indexing_again_replaces_the_words(entry: uuid.UUID) -> None:
    search.put(kind="run", object_id=entry, owner=OWNER, words=search.words("something else"))

    assert find("fox") == []
    assert find("else") == [entry]


def test_dropped_rows_are_not_found(entry: uuid.UUID) -> None:
    search.drop(kind="prompt", object_ids=[entry])
    assert find("fox") == [entry]

    search.drop(kind="run", object_ids=[entry])

    assert find("fox") == []
    assert search.SearchEntry.objects.count() == 0


def test_all_words_of_an_owner_can_be_deleted_or_moved(entry: uuid.UUID) -> None:
    search.put(kind="prompt", object_id=entry, owner=OWNER, words=search.words("a fox"))

    search.hand_over(owner=OWNER, to=OTHER)
    assert find("fox") == []
    assert find('"brown fox"', owner=OTHER) == [entry]
    assert find("fox", owner=OTHER, kind="prompt") == [entry]
    search.put(kind="run", object_id=entry, owner=OTHER, words=search.words("the fox again"))
    assert find("again", owner=OTHER) == [entry]

    search.drop_all(owner=OTHER)
    assert find("fox", owner=OTHER) == []


def test_many_at_once_and_their_numbers() -> None:
    entries = [
        search.Entry(
            object_id=uuid.uuid4(), number=number, words=search.words(f"word{number} common")
        )
        for number in (5, 3, 9)
    ]
    search.put_all(kind="run", owner=OWNER, entries=entries)

    assert find("word3") == [entries[1].object_id]
    found_by_number = search.numbered(field="pk", kind="run", owner=OWNER, query="common")
    assert search.SearchEntry.objects.filter(found_by_number).count() == 3
    nothing = search.numbered(field="pk", kind="run", owner=OWNER, query="?")
    assert not search.SearchEntry.objects.filter(nothing).exists()
    assert search.numbers_taken([1, 3, 9]) == {3, 9}


def test_a_very_long_text_is_found_by_its_beginning() -> None:
    object_id = uuid.uuid4()
    search.put(
        kind="run", object_id=object_id, owner=OWNER, words=search.words("begin " + "x" * 3_000_000)
    )

    assert find("begin xxx") == [object_id]


# For one letter each, the expansion by NFKD: 18, 8, 4, 3 and 2 letters.
SPREADING = "\ufdfa \ufdfb \u33a7 \ufb03 한 ß \u1e9b\u0323 \u0131\u0307 Ǆ"


@pytest.mark.parametrize("letter", ["\ufdfa", "\ufdfb", "\ufdfa ", "한", "ß", "\u0345"])
def test_expanding_letters_take_no_more_room_than_others(letter: str) -> None:
    for length in (100, 10_000, 300_000):
        words = search.words(letter * length)

        room = min(search.MAX_CHARACTERS, search.MAX_SPREAD * length * len(letter) + 64)
        assert len(words) <= room


@given(st.lists(st.sampled_from([*SPREADING.split(), "e\u0301", " ", "a", "_"]), max_size=40))
def test_a_text_in_parts_has_the_words_of_the_whole(letters: list[str]) -> None:
    text = "".join(letters)
    whole = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(letter for letter in whole if not unicodedata.combining(letter))
    room = search.MAX_SPREAD * len(text) + search.MAX_WORD
    expected = [word[: search.MAX_WORD] for word in re.findall(r"[^\W_]+", plain[:room])]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "_SPREAD_AT_ONCE", 3)
        assert search.words_of(text) == expected


class Rubbish(TestCase):
    @given(st.text(max_size=60), st.text(max_size=40))
    def test_no_text_and_no_query_is_an_error(self, text: str, query: str) -> None:
        search.put(kind="run", object_id=uuid.uuid4(), owner=OWNER, words=search.words(text))
        find(query)

    @given(st.text(st.characters(categories=("L", "N", "P", "Z", "M")), min_size=1, max_size=40))
    def test_a_text_is_found_by_its_own_words(self, text: str) -> None:
        object_id = uuid.uuid4()
        search.put(kind="run", object_id=object_id, owner=OWNER, words=search.words(text))

        if search.words_of(text):
            assert object_id in find(text.replace('"', " "))
