"""Icons are drawn once and used by name."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template

from playground.datasets.presentation import SEVERITIES
from playground.prompts.catalog import TEMPLATES

ROOT = Path(__file__).resolve().parents[2]
DRAWN = set(re.findall(r'<symbol id="icon-([\w-]+)"', (ROOT / "templates/_icons.html").read_text()))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            '{% icon "close" %}',
            '<svg class="icon" aria-hidden="true"><use href="#icon-close"/></svg>',
        ),
        (
            '{% icon name classes="row-icon" %}',
            '<svg class="icon row-icon" aria-hidden="true"><use href="#icon-table"/></svg>',
        ),
    ],
)
def test_an_icon_is_hidden_from_screen_readers(written: str, shown: str) -> None:
    assert Template(written).render(Context({"name": "table"})) == shown


def test_exactly_the_used_icons_are_drawn() -> None:
    pages = "".join(page.read_text() for page in (ROOT / "templates").rglob("*.html"))
    used = set(re.findall(r'\{% icon "([\w-]+)"', pages))

    named = {template.icon for template in TEMPLATES.values()}
    named |= {icon for _title, icon in SEVERITIES.values()}
    assert used | named == DRAWN


def test_no_template_draws_an_icon_of_its_own() -> None:
    pages = [page for page in (ROOT / "templates").rglob("*.html") if page.name != "_icons.html"]

    assert [page.name for page in pages if "<use " in page.read_text()] == []
