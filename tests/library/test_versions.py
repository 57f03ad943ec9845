"""Saving, the pages of a saved prompt, and its versions."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from playground.accounts.models import Person
from playground.core import search
from playground.core.errors import NothingChanged
from playground.library.forms import Details
from playground.library.indexing import OWN
from playground.library.models import Draft, Prompt
from playground.library.services import prompt_create
from playground.library.states import state_of_version
from playground.library.versions import version_create, version_restore, version_rows
from playground.prompts.catalog import TEMPLATES
from playground.prompts.form import default_form
from playground.prompts.state import first_title, form_of_state
from playground.runs.models import Run
from tests.conftest import make_run
from tests.library.saved import HTMX, free_form, free_state, guest_of, saved_prompt
from tests.support.markup import flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def page_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def shown_text(page: str) -> str:
    found = re.search(r'<textarea class="prompt"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found
    return found[1]


def test_the_first_save_makes_a_prompt_and_a_person(client: Client) -> None:
    response = client.post(
        "/free/save/",
        free_form(
            "Dear sir",
            temperature="0.35",
            save_title="  A  letter ",
            save_description="For\nthe office",
            save_tags="Work, letters,, work",
            save_message="Begun",
        ),
    )

    prompt = Prompt.objects.get()
    version = prompt.versions.get()
    assert response.status_code == 303
    assert response["Location"] == f"/prompts/{prompt.pk}/"
    assert (prompt.title, prompt.description) == ("A letter", "For\nthe office")
    assert sorted(tag.name for tag in prompt.tags.all()) == ["letters", "work"]
    assert (version.number, version.message, version.text) == (1, "Begun", "Dear sir")
    assert version.parameters["temperature"] == 0.35
    assert version.model == ""
    assert prompt.head == version
    assert prompt.person == Person.objects.get()


def test_an_empty_title_becomes_the_first_words(client: Client) -> None:
    client.post("/free/save/", free_form("Once upon a time"))

    assert Prompt.objects.get().title == "Free text: Once upon a time"


@pytest.mark.parametrize("slug", list(TEMPLATES))
def test_a_saved_prompt_of_every_template_opens_unchanged(person: Person, slug: str) -> None:
    template = TEMPLATES[slug]
    form = default_form(template, model="other")
    prompt = prompt_create(
        person=person, template=slug, state=form.state(), details=Details(title="x")
    )

    assert prompt.head is not None
    again = form_of_state(template, state_of_version(prompt.head))
    assert again.state() == form.state()
    assert again.model == "other"
    assert first_title(form).startswith(f"{template.name}: ")
    assert len(first_title(form)) <= 120


def test_htmx_is_sent_to_the_page_of_the_prompt(client: Client) -> None:
    response = client.post("/free/save/", free_form("Hello"), headers=HTMX)

    assert response.status_code == 204
    assert response["HX-Redirect"] == f"/prompts/{Prompt.objects.get().pk}/"


def test_a_later_save_makes_the_next_version(person: Person) -> None:
    prompt = saved_prompt(person, "one")

    response = guest_of(person).post(
        f"/prompts/{prompt.pk}/save/",
        free_form("two", save_title=prompt.title, save_message="Better"),
    )

    prompt.refresh_from_db()
    assert response.status_code == 303
    assert [v.text for v in prompt.versions.order_by("number")] == ["one", "two"]
    assert prompt.head is not None
    assert (prompt.head.number, prompt.head.message) == (2, "Better")


def test_an_unchanged_version_is_refused(person: Person) -> None:
    prompt = saved_prompt(person, "one", "two")
    client = guest_of(person)
    form = {**posted_fields(client, f"/prompts/{prompt.pk}/"), "save_title": prompt.title}

    response = client.post(f"/prompts/{prompt.pk}/save/", form)
    part = client.post(f"/prompts/{prompt.pk}/save/", form, headers=HTMX)

    assert response.status_code == part.status_code == 400
    assert "Nothing has changed since version 2." in response.content.decode()
    assert "Nothing has changed since version 2." in part.content.decode()
    assert prompt.versions.count() == 2


def test_changing_only_the_title_makes_no_version(person: Person) -> None:
    prompt = saved_prompt(person, "one")
    client = guest_of(person)
    form = {**posted_fields(client, f"/prompts/{prompt.pk}/"), "save_title": "New name"}

    response = client.post(f"/prompts/{prompt.pk}/save/", form)

    prompt.refresh_from_db()
    assert "so there is no new version" in client.get(response["Location"]).content.decode()
    assert prompt.title == "New name"
    assert prompt.versions.count() == 1


def test_a_refused_save_keeps_the_typed_text(person: Person) -> None:
    client = guest_of(person)
    form = free_form("Hello there", save_title="t" * 121)

    response = client.post("/free/save/", form)

    page = response.content.decode()
    assert response.status_code == 400
    assert "The title has 121 characters; the limit is 120." in page
    assert shown_text(page) == "Hello there"
    assert not Prompt.objects.exists()


def test_numbers_have_no_gap_and_the_head_is_the_last(person: Person) -> None:
    prompt = saved_prompt(person, "a", "b", "c")

    with pytest.raises(NothingChanged):
        version_create(prompt=prompt, state=free_state("c"))
    version_create(prompt=prompt, state=free_state("d"))

    prompt.refresh_from_db()
    numbers = list(prompt.versions.order_by("number").values_list("number", flat=True))
    assert numbers == [1, 2, 3, 4]
    assert prompt.head is not None
    assert prompt.head.number == 4


def test_restoring_makes_a_new_version_with_the_old_text(person: Person) -> None:
    prompt = saved_prompt(person, "old", "new")

    version_restore(prompt=prompt, version=prompt.versions.get(number=1))

    assert prompt.head is not None
    assert (prompt.head.number, prompt.head.text) == (3, "old")
    assert prompt.head.message == "Restored version 1"
    assert prompt.versions.count() == 3


def test_a_restored_version_is_found_by_its_words(person: Person) -> None:
    prompt = saved_prompt(person, "an old fox", "a new hare")

    version_restore(prompt=prompt, version=prompt.versions.get(number=1))

    assert search.matching(kind=OWN, owner=person.pk, query="fox").exists()
    assert not search.matching(kind=OWN, owner=person.pk, query="hare").exists()


def test_the_page_shows_the_head_and_a_version_s_page_that_version(person: Person) -> None:
    prompt = saved_prompt(person, "old words", "new words")
    client = guest_of(person)

    head = page_of(client, f"/prompts/{prompt.pk}/")
    first = page_of(client, f"/prompts/{prompt.pk}/v/1/")

    assert '<h1 dir="auto" translate="no">Greetings</h1>' in flat(head)
    assert shown_text(head) == "new words"
    assert "Version 2 · Free text" in head
    assert shown_text(first) == "old words"
    assert "Version 1 of 2 · Free text" in first
    assert client.get(f"/prompts/{prompt.pk}/v/3/").status_code == 404


def test_a_run_made_of_a_version_is_shown_with_it(person: Person) -> None:
    prompt = saved_prompt(person, "old words", "new words")
    client = guest_of(person)
    form = posted_fields(client, f"/prompts/{prompt.pk}/v/1/")

    client.post("/free/run/", {**form, "temperature": "0.1"})

    run = Run.objects.get()
    assert run.version_id == prompt.versions.get(number=1).pk
    Run.objects.update(status="succeeded", text=" and more")
    assert f'data-run="{run.pk}"' in page_of(client, f"/prompts/{prompt.pk}/v/1/")
    assert f'data-run="{run.pk}"' not in page_of(client, f"/prompts/{prompt.pk}/")
    versions = page_of(client, f"/prompts/{prompt.pk}/versions/")
    assert "1 run" in versions
    assert "and more" in versions
    shown = flat(page_of(client, f"/runs/{run.pk}/"))
    assert '<h1 dir="auto" translate="no">Greetings</h1>' in shown


def test_a_run_of_an_edited_text_does_not_belong_to_the_version(person: Person) -> None:
    prompt = saved_prompt(person, "old words")
    client = guest_of(person)
    form = posted_fields(client, f"/prompts/{prompt.pk}/")

    client.post("/free/run/", {**form, "prompt": "other words"})

    assert Run.objects.get().version_id is None


def test_a_version_of_somebody_else_is_not_named_by_a_run(person: Person, stranger: Person) -> None:
    prompt = saved_prompt(stranger, "words")
    form = free_form("words", version=str(prompt.head_id))

    guest_of(person).post("/free/run/", form)
    Prompt.objects.update(published_at=prompt.created_at)
    guest_of(person).post("/free/run/", form)

    assert list(Run.objects.order_by("number").values_list("version_id", flat=True)) == [
        None,
        prompt.head_id,
    ]


def test_the_run_on_the_page_joins_the_new_version(person: Person) -> None:
    client = guest_of(person)
    form = posted_fields(client, "/translation/")
    client.post("/translation/run/", form)
    run = Run.objects.get()

    client.post("/translation/save/", {**form, "parent": str(run.pk)})
    client.post("/translation/save/", {**form, "parent": str(make_run(person).pk)})

    run.refresh_from_db()
    assert run.version_id == Prompt.objects.order_by("created_at")[0].head_id
    assert Run.objects.filter(version_id=None).count() == 1


def test_the_list_says_what_changed_in_each_version(person: Person) -> None:
    prompt = saved_prompt(person, "one two", "one two three")
    version_create(prompt=prompt, state=free_state("one two three", temperature=0.1))

    rows = version_rows(prompt)

    assert [row.version.number for row in rows] == [3, 2, 1]
    assert [row.changes.summary if row.changes else None for row in rows] == [
        ["Temperature 0.70 → 0.10"],
        ["1 word added"],
        None,
    ]


def test_a_long_line_of_versions_is_listed_page_by_page_in_few_queries(person: Person) -> None:
    prompt = saved_prompt(person, *(f"text {number}" for number in range(45)))
    client = guest_of(person)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = page_of(client, f"/prompts/{prompt.pk}/versions/")
    last = page_of(client, f"/prompts/{prompt.pk}/versions/?before=6")

    assert len(queries) < 10
    assert page.count('class="version"') == 20
    assert "?before=26" in page
    assert last.count('class="version"') == 5
    assert "the first" in last


def test_the_diff_shows_words_and_settings(person: Person) -> None:
    prompt = saved_prompt(person, "The red fox", "The <b> fox")
    version_create(prompt=prompt, state=free_state("The <b> fox", top_k=40))
    client = guest_of(person)

    words = page_of(client, f"/prompts/{prompt.pk}/diff/?a=1&b=2")
    settings = page_of(client, f"/prompts/{prompt.pk}/diff/")

    assert "The <del>red</del><ins>&lt;b&gt;</ins> fox" in words
    plain = settings.replace(' dir="auto" translate="no"', "")
    assert '<th scope="row">Top-k</th><td>off</td><td>40</td>' in flat(plain)
    assert client.get(f"/prompts/{prompt.pk}/diff/?a=9").status_code == 404
    assert "Nothing: the two are the same." in page_of(
        client, f"/prompts/{prompt.pk}/diff/?a=2&b=2"
    )


def test_saving_ends_only_the_saved_draft(person: Person) -> None:
    client = guest_of(person)
    draft = Draft.objects.create(
        person=person, template="free", state=free_state("typed").to_json(), revision=3
    )
    newer = free_form("typed before", draft=str(draft.pk), draft_revision="2")
    client.post("/free/save/", newer)
    assert Draft.objects.exists()

    client.post("/free/save/", free_form("typed", draft=str(draft.pk), draft_revision="3"))

    assert not Draft.objects.exists()


def test_adding_a_row_without_scripts_stays_on_the_saved_prompt(person: Person) -> None:
    template = TEMPLATES["translation"]
    prompt = prompt_create(
        person=person,
        template="translation",
        state=default_form(template).state(),
        details=Details(title="Menu"),
    )
    client = guest_of(person)

    page = client.post(
        "/translation/", {**posted_fields(client, f"/prompts/{prompt.pk}/"), "add": "examples"}
    ).content.decode()

    assert '<h1 dir="auto" translate="no">Menu</h1>' in flat(page)
    assert page.count('name="examples_given"') == 4


def posted_fields(client: Client, path: str) -> dict[str, Any]:
    """The fields that a browser would post from the page."""
    page = page_of(client, path)
    fields: dict[str, Any] = {}
    pattern = r'<textarea[^>]*?name="([^"]+)"[^>]*>\n?(.*?)</textarea>'
    for name, value in re.findall(pattern, page, flags=re.DOTALL):
        fields.setdefault(name, []).append(value)
    for tag in re.findall(r"<input[^>]*>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_choice = attributes.get("type") in ("radio", "checkbox")
        if "name" in attributes and (not is_choice or " checked" in tag):
            fields.setdefault(attributes["name"], []).append(attributes.get("value", ""))
    return fields
