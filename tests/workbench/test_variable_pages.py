"""Pages with variables: a field for each, and markup in them stays text."""

from typing import Any

import pytest

from tests.prompts.variable_forms import FULL

EVIL = '"><script>alert(1)</script>'


@pytest.mark.django_db
def test_the_page_has_a_field_for_each_variable_without_scripts(client: Any) -> None:
    answer = client.post("/free/", {"prompt": "{{city}} {{n}}"})

    text = answer.content.decode()
    assert (
        '<label class="variable-name" dir="auto" translate="no" for="var.city">city</label>' in text
    )
    assert 'name="var.n"' in text


@pytest.mark.django_db
def test_markup_in_values_and_settings_is_text(client: Any) -> None:
    posted = {key: value for key, value in FULL.items() if key != "var.n.min"}
    for key in (
        "var.city",
        "var.city.help",
        "var.city.options",
        "var.shots.columns",
        "var.n.default",
    ):
        posted[key] = EVIL
    posted["var.shots.cell"] = [EVIL] * 4

    for path in ("/free/", "/free/preview/"):
        text = client.post(path, posted).content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


@pytest.mark.django_db
def test_the_preview_shows_values_in_their_places(client: Any) -> None:
    text = client.post(
        "/free/preview/", {"prompt": "To {{city}} {{day}}", "variables": "city", "var.city": "Rome"}
    ).content.decode()

    assert '<span class="variable-value" title="city">Rome</span>' in text
    assert '<span class="variable-value" title="day" data-open>{{day}}</span>' in text
