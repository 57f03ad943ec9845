"""Previews of links: the data that other sites read, and the picture that they show."""

import io

import pytest
from django.core.cache import caches
from django.test import Client
from PIL import Image

from playground.accounts.models import Person
from playground.sharing import previews
from playground.sharing.models import Share
from tests.conftest import make_run
from tests.library.saved import saved_prompt

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clear_pictures() -> None:
    caches["previews"].clear()


@pytest.fixture
def share(person: Person) -> Share:
    prompt = saved_prompt(person, 'He said "Hello"\nthere', title='A "title" & more')
    return Share.objects.create(person=person, prompt=prompt)


def picture(share: Share) -> Image.Image:
    response = Client().get(f"/s/{share.token}/preview.png")
    assert response.status_code == 200
    assert response["Content-Type"] == "image/png"
    return Image.open(io.BytesIO(response.content))


def test_the_page_has_the_data_of_a_preview(share: Share) -> None:
    page = Client().get(f"/s/{share.token}/").content.decode()

    assert 'property="og:title" content="A &quot;title&quot; &amp; more"' in page
    assert 'property="og:description" content="He said &quot;Hello&quot; there"' in page
    assert f'property="og:image" content="http://testserver/s/{share.token}/preview.png"' in page
    assert 'name="twitter:card" content="summary_large_image"' in page


def test_the_picture_has_the_announced_size(share: Share) -> None:
    assert picture(share).size == (1200, 630)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("", ""),
        ("x" * 120, "y" * 5_000),
        ("Ünïcödé ŵörds 日本語 🙂", "a\tb\x0bc\n" * 400),
        ("word " * 24, "\n\n\n"),
    ],
)
def test_any_text_can_be_drawn(share: Share, title: str, text: str) -> None:
    prompt = share.prompt
    prompt.title = title
    prompt.save()
    prompt.versions.update(text=text)
    share.runs.add(
        make_run(prompt.person, status="succeeded", text=text, version_id=prompt.head_id)
    )

    assert picture(share).size == (1200, 630)


def test_the_picture_is_drawn_once_and_again_after_a_change(
    share: Share, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    draw = previews._draw
    monkeypatch.setattr(previews, "_draw", lambda p: drawn.append(p.title) or draw(p))

    picture(share)
    picture(share)
    assert len(drawn) == 1
    share.prompt.title = "Another title"
    share.prompt.save()
    picture(share)

    assert drawn[1:] == ["Another title"]


def test_a_revoked_links_picture_is_gone_although_it_is_cached(share: Share) -> None:
    picture(share)

    share.revoked_at = share.created_at
    share.save()

    assert Client().get(f"/s/{share.token}/preview.png").status_code == 404
