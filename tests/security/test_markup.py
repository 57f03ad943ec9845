"""Attack 1: markup in any text is shown as text, and no inline script runs."""

import json
import re
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.prompts.catalog import TEMPLATES
from playground.runs.models import Run
from tests.conftest import make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

ATTACK = "\"'><script>alert(1)</script><img src=x onerror=alert(1)></textarea>{{7*7}}"
RAW = ("<script>alert", "<img src=x", "</textarea>{{")


@pytest.fixture
def guest(person: Person) -> Client:
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


def with_markup(value: object) -> object:
    """``value`` with the attack in the place of every text."""
    if isinstance(value, str):
        return ATTACK
    if isinstance(value, list):
        return [with_markup(item) for item in value]
    if isinstance(value, dict):
        return {key: with_markup(item) for key, item in value.items()}
    return value


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("status", ["queued", "running", "succeeded", "cancelled", "failed"])
@pytest.mark.parametrize("slug", list(TEMPLATES))
def test_a_run_full_of_markup_is_shown_as_text(
    guest: Client, person: Person, slug: str, status: str
) -> None:
    from playground.prompts.form import default_form

    run = make_run(
        person,
        template=slug,
        status=status,
        prompt=ATTACK,
        text=f" {ATTACK} | {ATTACK}\n| {ATTACK} |",
        tokens=[[1, ATTACK]],
        fields=with_markup(json.loads(json.dumps(default_form(TEMPLATES[slug]).to_json()))),
        parameters={"max_tokens": 16, "stop": [ATTACK[:60]]},
        error_message=ATTACK,
    )

    for path in (f"/runs/{run.pk}/", f"/runs/{run.pk}/output/"):
        html = page(guest, path)
        assert not [raw for raw in RAW if raw in html]
    assert "&lt;script&gt;" in page(guest, f"/runs/{run.pk}/")


@pytest.mark.parametrize("slug", list(TEMPLATES))
def test_a_posted_form_full_of_markup_comes_back_as_text(guest: Client, slug: str) -> None:
    html = page(guest, f"/{slug}/")
    names = {part.split('"')[0] for part in html.split(' name="')[1:]}
    fields = {name: ATTACK for name in names if name not in ("csrfmiddlewaretoken", "model")}

    for path in (f"/{slug}/", f"/{slug}/run/", f"/{slug}/preview/"):
        answer = guest.post(path, fields)
        assert answer.status_code in (200, 400)
        assert not [raw for raw in RAW if raw in answer.content.decode()]


def test_an_address_full_of_markup_is_shown_as_text(guest: Client) -> None:
    answer = guest.get("/<script>alert(1)</script>/", {"model": ATTACK})

    assert answer.status_code == 404
    assert "<script>alert" not in answer.content.decode()
    assert "<script>alert" not in page(guest, f"/?model={ATTACK}")


def test_no_page_allows_inline_script_or_style(guest: Client, person: Person) -> None:
    run = make_run(person, template="chat")
    for path in ("/", "/chat/", f"/runs/{run.pk}/", "/nowhere/"):
        policy = guest.get(path)["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy


def test_the_inlined_script_has_the_nonce_of_its_answer(
    guest: Client, settings: LazySettings, tmp_path: Path
) -> None:
    (tmp_path / "manifest-iife.json").write_text('{"scheme.js": "scheme-1.js"}', encoding="utf-8")
    (tmp_path / "scheme-1.js").write_text("first()", encoding="utf-8")
    settings.STATICFILES_DIRS = [tmp_path]

    nonces = []
    for _ in range(2):
        answer = guest.get("/chat/")
        found = re.findall(r'<script nonce="([^"]+)">first\(\)</script>', answer.content.decode())
        assert len(found) == 1
        assert f"'nonce-{found[0]}'" in answer["Content-Security-Policy"]
        nonces += found

    assert nonces[0] != nonces[1]


def test_a_csv_with_formulas_is_neutralised(guest: Client, person: Person) -> None:
    run = Run.objects.create(
        person=person,
        model="tiny",
        template="table",
        status="succeeded",
        prompt="p",
        parameters={"max_tokens": 16},
        max_tokens=16,
        seed=1,
        fields={"columns": "Name, Note", "examples": [], "text": "t"},
        text="\n| =1+1 | @cmd |\n| -2+cmd | +A1 |",
    )

    csv = guest.get(f"/runs/{run.pk}/table.csv").content.decode("utf-8-sig")

    cells = [cell.strip('"') for line in csv.splitlines()[1:] for cell in line.split(",")]
    assert cells
    assert not [cell for cell in cells if cell[:1] in "=@+-"]
