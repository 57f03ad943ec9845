"""Finding one's own things by their words, on whatever database the tests run."""

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
    search.put(kind="run", object_id=object_id, owner=OWNER, text=TEXT)
    return object_id


def found(query: str, *, owner: uuid.UUID = OWNER, kind: str = "run") -> list[uuid.UUID]:
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
def test_all_words_are_there_the_last_one_may_go_on(entry: uuid.UUID, query: str) -> None:
    assert found(query) == ([entry] if query != "l'" else [])


@pytest.mark.parametrize(
    "query", ["fix", "jum fox", '"fox brown"', '"brown fo"', "ox", "fox cat", "", "?!", '""', " "]
)
def test_what_is_not_there_is_not_found(entry: uuid.UUID, query: str) -> None:
    assert found(query) == []


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
    assert found(query) == []


def test_only_the_owner_and_only_the_kind(entry: uuid.UUID) -> None:
    assert found("fox", owner=OTHER) == []
    assert found("fox", kind="prompt") == []
    assert found(search._scope("run", OWNER), owner=OTHER) == []
    assert found(search._scope("run", OWNER)[:40], owner=OTHER) == []


def test_putting_again_replaces(entry: uuid.UUID) -> None:
    search.put(kind="run", object_id=entry, owner=OWNER, text="something else")

    assert found("fox") == []
    assert found("else") == [entry]


def test_dropping_forgets(entry: uuid.UUID) -> None:
    search.drop(kind="prompt", object_ids=[entry])
    assert found("fox") == [entry]

    search.drop(kind="run", object_ids=[entry])

    assert found("fox") == []
    assert search.SearchEntry.objects.count() == 0


def test_everything_of_an_owner_is_forgotten_or_handed_over(entry: uuid.UUID) -> None:
    search.put(kind="prompt", object_id=entry, owner=OWNER, text="a fox")

    search.hand_over(owner=OWNER, to=OTHER)
    assert found("fox") == []
    assert found('"brown fox"', owner=OTHER) == [entry]
    assert found("fox", owner=OTHER, kind="prompt") == [entry]
    search.put(kind="run", object_id=entry, owner=OTHER, text="the fox again")
    assert found("again", owner=OTHER) == [entry]

    search.drop_all(owner=OTHER)
    assert found("fox", owner=OTHER) == []


def test_many_at_once_and_their_numbers() -> None:
    texts = [
        search.Text(object_id=uuid.uuid4(), number=number, text=f"word{number} common")
        for number in (5, 3, 9)
    ]
    search.put_all(kind="run", owner=OWNER, texts=texts)

    assert found("word3") == [texts[1].object_id]
    found_by_number = search.numbered(field="pk", kind="run", owner=OWNER, query="common")
    assert search.SearchEntry.objects.filter(found_by_number).count() == 3
    nothing = search.numbered(field="pk", kind="run", owner=OWNER, query="?")
    assert not search.SearchEntry.objects.filter(nothing).exists()
    assert search.numbers_taken([1, 3, 9]) == {3, 9}


def test_a_very_long_text_is_found_by_its_beginning() -> None:
    object_id = uuid.uuid4()
    search.put(kind="run", object_id=object_id, owner=OWNER, text="begin " + "x" * 3_000_000)

    assert found("begin xxx") == [object_id]


class Rubbish(TestCase):
    @given(st.text(max_size=60), st.text(max_size=40))
    def test_no_text_and_no_query_is_an_error(self, text: str, query: str) -> None:
        search.put(kind="run", object_id=uuid.uuid4(), owner=OWNER, text=text)
        found(query)

    @given(st.text(st.characters(categories=("L", "N", "P", "Z", "M")), min_size=1, max_size=40))
    def test_a_text_is_found_by_its_own_words(self, text: str) -> None:
        object_id = uuid.uuid4()
        search.put(kind="run", object_id=object_id, owner=OWNER, text=text)

        if search.words_of(text):
            assert object_id in found(text.replace('"', " "))
