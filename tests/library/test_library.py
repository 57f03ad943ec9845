"""The list of saved prompts: search, tags, stars, archive, deletion."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from playground.accounts.models import Person
from playground.core import search
from playground.library.forms import MAX_TITLE, Details
from playground.library.models import Draft, Prompt, Tag
from playground.library.services import prompt_edit, prompt_star
from playground.runs.finishing import run_index, run_words
from tests.conftest import make_run
from tests.library.saved import HTMX, free_state, guest_of, saved_prompt
from tests.support.markup import flat

pytestmark = pytest.mark.django_db


def titles(client: Client, query: str = "") -> list[str]:
    response = client.get(f"/prompts/{query}")
    assert response.status_code == 200
    page = flat(response.content.decode())
    return re.findall(r'class="row-title"><a href="[^"]*"[^>]*>([^<]*)</a>', page)


@pytest.fixture
def guest(person: Person) -> Client:
    return guest_of(person)


def test_nothing_saved_yet_says_what_to_do(client: Client) -> None:
    page = client.get("/prompts/").content.decode()

    assert "No prompts yet" in page
    assert "Choose a template" in page
    assert not Person.objects.exists()


def test_a_duplicate_has_the_newest_text_and_the_tags_but_no_links(
    guest: Client, person: Person
) -> None:
    prompt = saved_prompt(person, "Say hello", title="Greetings", tags=("polite",))
    prompt_star(prompt=prompt, starred=True)

    response = guest.post(f"/prompts/{prompt.pk}/duplicate/", {"next": "/prompts/?tag=polite"})

    assert response["Location"] == "/prompts/?tag=polite"
    copy = Prompt.objects.exclude(pk=prompt.pk).get()
    assert copy.head is not None and prompt.head is not None
    assert (copy.title, copy.starred, copy.versions.count()) == ("Copy of Greetings", False, 1)
    assert copy.head.text == prompt.head.text
    assert [tag.name for tag in copy.tags.all()] == ["polite"]
    assert "Duplicated as “Copy of Greetings”." in guest.get("/prompts/").content.decode()
    assert titles(guest, "?q=hello") == ["Copy of Greetings", "Greetings"]


def test_a_long_title_is_cut_in_the_duplicate(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person, "a", title="t" * MAX_TITLE)

    guest.post(f"/prompts/{prompt.pk}/duplicate/")

    assert titles(guest)[0] == "Copy of " + "t" * (MAX_TITLE - len("Copy of "))


def test_another_persons_prompt_is_not_duplicated(client: Client, person: Person) -> None:
    prompt = saved_prompt(person, "a")

    assert client.post(f"/prompts/{prompt.pk}/duplicate/").status_code == 404
    assert Prompt.objects.count() == 1


def test_the_prompt_changed_last_is_first(guest: Client, person: Person) -> None:
    first = saved_prompt(person, "a", title="First")
    saved_prompt(person, "b", title="Second")
    assert titles(guest) == ["Second", "First"]

    prompt_edit(prompt=first, details=Details(title="First again"))

    assert titles(guest) == ["First again", "Second"]
    assert titles(guest, "?sort=title") == ["First again", "Second"]
    assert titles(guest, "?sort=created") == ["Second", "First again"]


def test_titles_descriptions_tags_and_texts_are_searched(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person, "Where is the railway station?", title="Travel")
    saved_prompt(person, "Nothing of the kind", title="Other")
    prompt_edit(
        prompt=prompt,
        details=Details(title="Travel", description="Useful abroad", tags=("phrases",)),
    )

    for words in ("travel", "abroad", "phrases", "railway stat"):
        assert titles(guest, f"?q={words}") == ["Travel"], words
    assert titles(guest, "?q=kind+travel") == []
    assert "Nothing found" in guest.get("/prompts/?q=zebra").content.decode()


def test_a_new_version_is_found_by_its_new_words(guest: Client, person: Person) -> None:
    saved_prompt(person, "apples", "oranges")

    assert titles(guest, "?q=oranges") == ["Greetings"]
    assert titles(guest, "?q=apples") == []


def test_a_prompt_is_found_by_the_outputs_of_its_runs(
    guest: Client, person: Person, stranger: Person
) -> None:
    prompt = saved_prompt(person, "Name a bird")
    for owner in (person, stranger):
        run = make_run(owner, version_id=prompt.head_id, text="a kingfisher", status="succeeded")
        run_index(run_id=run.pk, words=run_words(run.prompt, run.text))

    assert titles(guest, "?q=kingfisher") == ["Greetings"]
    assert titles(guest_of(stranger), "?q=kingfisher") == []


def test_tag_template_and_star_filter(guest: Client, person: Person) -> None:
    saved_prompt(person, "a", title="Tagged", tags=("red", "blue"))
    saved_prompt(person, "b", title="Starred", tags=("red",), starred=True)
    saved_prompt(person, "c", title="Table", template="table")

    assert titles(guest, "?tag=blue") == ["Tagged"]
    assert titles(guest, "?tag=RED&starred=1") == ["Starred"]
    assert titles(guest, "?template=table") == ["Table"]
    assert titles(guest, "?template=nonsense&sort=nonsense&page=nonsense&show=x") == [
        "Table",
        "Starred",
        "Tagged",
    ]
    page = guest.get("/prompts/").content.decode()
    assert '<option translate="no" dir="auto" value="red">red</option>' in flat(page)


def test_a_star_is_added_and_removed(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person)
    before = prompt.updated_at

    part = guest.post(f"/prompts/{prompt.pk}/star/", {"starred": "1"}, headers=HTMX)
    prompt.refresh_from_db()
    assert prompt.starred
    assert 'aria-pressed="true"' in part.content.decode()
    response = guest.post(f"/prompts/{prompt.pk}/star/", {"starred": "0", "next": "/prompts/?q=a"})
    prompt.refresh_from_db()

    assert not prompt.starred
    assert response["Location"] == "/prompts/?q=a"
    assert prompt.updated_at == before


def test_archiving_hides_it_and_is_undone(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person)

    response = guest.post(f"/prompts/{prompt.pk}/archive/", {"next": "/prompts/?tag=x"})
    page = guest.get(response["Location"]).content.decode()

    assert response["Location"] == "/prompts/?tag=x"
    assert "Archived." in page
    assert f'action="/prompts/{prompt.pk}/unarchive/"' in page
    assert titles(guest) == []
    assert titles(guest, "?show=archive&q=greetings") == ["Greetings"]
    guest.post(f"/prompts/{prompt.pk}/unarchive/")
    assert titles(guest) == ["Greetings"]


def test_a_message_is_shown_once_and_is_not_in_the_address(
    guest: Client, person: Person, stranger: Person
) -> None:
    prompt = saved_prompt(person)
    guest.post(f"/prompts/{prompt.pk}/archive/")

    assert "Archived." not in guest_of(stranger).get("/prompts/").content.decode()
    assert "Archived." in guest.get("/prompts/").content.decode()
    assert "Archived." not in guest.get(f"/prompts/?archived={prompt.pk}").content.decode()


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "evil", "/\\evil"])
def test_the_link_back_leads_to_this_site(guest: Client, person: Person, address: str) -> None:
    prompt = saved_prompt(person)

    response = guest.post(f"/prompts/{prompt.pk}/archive/", {"next": address})

    assert response["Location"] == "/prompts/"


def test_deleting_asks_and_leaves_the_runs(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person, "a", "b", tags=("only",))
    saved_prompt(person, "c", title="Keeps", tags=("shared",))
    run = make_run(person, version_id=prompt.head_id)
    refused = guest.post(f"/prompts/{prompt.pk}/delete/")
    guest.post(f"/prompts/{prompt.pk}/archive/")

    page = guest.get(f"/prompts/{prompt.pk}/delete/").content.decode()
    guest.post(f"/prompts/{prompt.pk}/delete/")

    assert refused.status_code == 400
    assert "Its 2 versions go with it" in flat(page)
    assert titles(guest, "?show=archive") == []
    assert not search.matching(kind="prompt", owner=person.pk, query="greetings").exists()
    assert list(Tag.objects.values_list("name", flat=True)) == ["shared"]
    run.refresh_from_db()


def test_title_and_tags_are_edited_in_place(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person, tags=("old",))
    details = {"save_title": "Renamed", "save_description": "d", "save_tags": "New Tag, b"}

    form = guest.get(f"/prompts/{prompt.pk}/edit/", headers=HTMX).content.decode()
    row = guest.post(f"/prompts/{prompt.pk}/edit/", details, headers=HTMX).content.decode()

    assert 'value="old"' in form
    assert "<html" not in form + row
    assert ">Renamed</a>" in row
    assert "new tag</a>" in row
    assert list(Tag.objects.order_by("name").values_list("name", flat=True)) == ["b", "new tag"]
    assert titles(guest, "?q=renamed") == ["Renamed"]


def test_a_refused_edit_keeps_the_typed_text(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person)
    tags = ", ".join(f"t{number}" for number in range(13))

    part = guest.post(f"/prompts/{prompt.pk}/edit/", {"save_tags": tags}, headers=HTMX)
    page = guest.post(f"/prompts/{prompt.pk}/edit/", {"save_tags": tags})

    assert "At most 12 tags are possible." in part.content.decode()
    assert tags in part.content.decode()
    assert page.status_code == 400


def test_drafts_and_copies_are_listed_and_discarded(guest: Client, person: Person) -> None:
    state = free_state("a draft of a thing").to_json()
    draft = Draft.objects.create(person=person, template="free", state=state)
    Draft.objects.create(person=person, template="free", state=state, is_copy=True)

    page = guest.get("/prompts/?show=drafts").content.decode()
    response = guest.post(f"/drafts/{draft.pk}/discard/", {"in_list": "1"})
    after = guest.get(response["Location"]).content.decode()

    assert page.count('class="prompt-row"') == 2
    assert "Kept copy" in page
    assert "a draft of a thing" in page
    assert after.count('class="prompt-row"') == 1
    assert f'action="/drafts/{draft.pk}/restore/"' in after


def test_a_page_of_ten_thousand_prompts_takes_few_queries(guest: Client, person: Person) -> None:
    for number in range(60):
        saved_prompt(person, f"text {number}", title=f"Prompt {number}", tags=("a", f"t{number}"))

    for query in ("", "?q=prompt&sort=title", "?tag=a&page=2", "?show=archive", "?show=drafts"):
        with CaptureQueriesContext(connection) as queries:
            guest.get(f"/prompts/{query}")
        assert len(queries) < 10, query
    for words in ("", "q=prompt&"):
        assert len(titles(guest, f"?{words}")) == 40
        assert len(titles(guest, f"?{words}page=2")) == 20
        assert len(titles(guest, f"?{words}page=99")) == 20
    last = guest.get("/prompts/?q=prompt&page=99").content.decode()
    assert "60 of 60 prompts" in flat(last)


def test_htmx_gets_only_the_list_and_its_address(guest: Client, person: Person) -> None:
    saved_prompt(person)

    response = guest.get("/prompts/?q=greet&template=&tag=&sort=", headers=HTMX)

    assert "<html" not in response.content.decode()
    assert response["HX-Replace-Url"] == "/prompts/?q=greet"


def test_markup_in_a_title_and_a_tag_is_text(guest: Client, person: Person) -> None:
    attack = "<img src=x onerror=alert(1)>"
    prompt = saved_prompt(person, attack, title=attack, tags=(attack,))
    prompt_edit(prompt=prompt, details=Details(title=attack, description=attack, tags=(attack,)))

    for path in ("", f"{prompt.pk}/", f"{prompt.pk}/versions/", f"{prompt.pk}/edit/"):
        page = guest.get(f"/prompts/{path}").content.decode()
        assert "<img" not in page
        assert "&lt;img" in page
    assert Prompt.objects.get().title == attack
