"""A link that holds the page's state itself."""

import base64
import re
import zlib
from html import unescape

import pytest
from django.test import Client

from playground.accounts.models import Person
from playground.library.models import Draft
from playground.workbench.state_links import MAX_FORM_BYTES
from tests.library.saved import HTMX
from tests.support.markup import flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def link_of(slug: str, **form: object) -> str:
    """The path of the link to the state of a page with this form."""
    response = Client().post(f"/{slug}/link/", form, headers=HTMX)
    assert response.status_code == 200
    page = unescape(response.content.decode())
    return re.search(r'value="http://testserver(/[^"]*)"', page)[1]  # type: ignore[index]


def packed_state(body: bytes) -> str:
    packer = zlib.compressobj(9, wbits=-15)
    raw = packer.compress(body) + packer.flush()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_link_opens_with_text_variables_parameters_and_model() -> None:
    link = link_of(
        "free",
        prompt="Say {{what}}, Zoë & co.",
        temperature="0.35",
        stop="\\n",
        seed="17",
        model="other",
        variables="what",
        **{"var.what": "good morning"},
    )

    page = unescape(Client().get(link).content.decode())

    assert "Say {{what}}, Zoë & co.</textarea>" in page
    assert "good morning" in page
    assert re.search(r'name="temperature" value="0.35"', page)
    assert 'name="seed" value="17"' in flat(page)
    assert re.search(r'name="model" value="other"[^>]* checked', page)


def test_fields_come_back_in_their_rows() -> None:
    link = link_of(
        "translation",
        examples_given=["Given 1", "Given 2"],
        examples_wanted=["Wanted 1", "Wanted 2"],
        sentence="Three",
    )

    page = Client().get(link).content.decode()
    page = page[page.index('id="fields"') :]

    assert page.index("Given 1") < page.index("Wanted 1") < page.index("Given 2")
    assert "Three" in page


def test_a_link_carries_no_personal_data() -> None:
    link = link_of(
        "free",
        prompt="p",
        csrfmiddlewaretoken="secret",
        draft="secret",
        parent="secret",
        version="secret",
        save_title="secret",
    )

    body = zlib.decompress(
        base64.urlsafe_b64decode(link.split("state=")[1] + "=="), wbits=-15
    ).decode()

    assert body == "prompt=p"


def test_opening_a_link_stores_nothing() -> None:
    link = link_of("free", prompt="Nobody's")

    assert Client().get(link).status_code == 200

    assert not Person.objects.exists()
    assert not Draft.objects.exists()


def test_a_text_too_long_for_a_link_is_refused() -> None:
    text = "".join(chr(0x4E00 + number) for number in range(5_000))

    response = Client().post("/free/link/", {"prompt": text})

    assert response.status_code == 400
    assert "too long for a link" in response.content.decode()


@pytest.mark.parametrize(
    "state",
    [
        "",
        "%%%",
        "abc",
        "A" * 20_000,
        "é",
        packed_state(b"prompt=cut")[:-3],
        packed_state(b"prompt=more") + packed_state(b"behind"),
        packed_state(b"prompt=" + b"a" * MAX_FORM_BYTES),
        packed_state(b"prompt=\x00"),
        packed_state(b"prompt=%00"),
        packed_state(b"temperature=9"),
        packed_state(b"a=1&" * 10_000),
    ],
)
def test_a_damaged_or_forged_link_is_refused(state: str) -> None:
    response = Client().get("/free/", {"state": state})

    assert response.status_code == 400
    assert "This link is damaged" in response.content.decode()


def test_a_compression_bomb_is_not_unpacked() -> None:
    packer = zlib.compressobj(9, wbits=-15)
    raw = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(4)) + packer.flush()
    bomb = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    assert len(bomb) < 6_000

    assert Client().get("/free/", {"state": bomb}).status_code == 400
