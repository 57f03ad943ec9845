"""What the address of a list asks for, and how it is written again."""

from dataclasses import dataclass
from datetime import date

import pytest
from django import forms
from django.http import QueryDict

from playground.core.lists import MAX_WORDS, ListForm, ListQuery, PageField


@dataclass(frozen=True, kw_only=True)
class BirdQuery(ListQuery):
    kind: str = ""
    since: date | None = None
    starred: bool = False
    sort: str = "seen"
    page: int = 1


class BirdForm(ListForm[BirdQuery]):
    query_type = BirdQuery

    kind = forms.ChoiceField(required=False, choices=[("owl", "Owl"), ("wren", "Wren")])
    since = forms.DateField(required=False)
    starred = forms.BooleanField(required=False)
    sort = forms.ChoiceField(required=False, choices=[("seen", "Seen"), ("name", "Name")])
    page = PageField()


def query_of(address: str) -> BirdQuery:
    return BirdForm(QueryDict(address)).read()


def test_an_address_is_read_and_written_again() -> None:
    address = "?q=at+night&kind=owl&from=2026-11-30&starred=1&sort=name&page=3"

    query = query_of(address[1:])

    assert query == BirdQuery(
        words="at night",
        kind="owl",
        since=date(2026, 11, 30),
        starred=True,
        sort="name",
        page=3,
    )
    assert query.address() == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "q=&kind=&from=&starred=&sort=&page=",
        "kind=fish",
        "from=yesterday",
        "from=2026-02-30",
        "sort=size",
        "page=0",
        "page=-2",
        "page=x",
        "page=" + "9" * 30,
        "page=" + "9" * 5_000,
        "q=%00",
        "kind=owl%00",
        "unknown=1",
    ],
)
def test_what_means_nothing_is_left_out(address: str) -> None:
    assert query_of(address) == BirdQuery()


def test_one_value_that_means_nothing_takes_no_other_along() -> None:
    assert query_of("kind=fish&q=owl&page=2") == BirdQuery(words="owl", page=2)


def test_words_are_one_line_and_not_endless() -> None:
    assert query_of("q=+two%0D%0Awords%00+").words == "two words"
    assert query_of(f"q={'w' * 2 * MAX_WORDS}").words == "w" * MAX_WORDS


def test_an_address_names_only_what_is_asked_for() -> None:
    query = BirdQuery(words="owl", page=2)

    assert BirdQuery().address() == ""
    assert query.address(page=1) == "?q=owl"
    assert query.address(words="", starred=True) == "?starred=1&page=2"
    assert query.parameters == "q=owl&page=2"
