"""The gallery: published by users, found by everybody, removed by its owner."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from playground.accounts.leaving import person_delete
from playground.accounts.models import Person
from playground.core import search
from playground.library.forms import Details
from playground.library.indexing import EVERYBODY, PUBLIC
from playground.library.models import Prompt
from playground.library.services import prompt_edit, prompt_save
from playground.library.versions import version_restore
from tests.accounts.people import make_user, signed_in_client
from tests.conftest import make_run
from tests.library.saved import HTMX, free_state, guest_of, saved_prompt
from tests.support.markup import flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


@pytest.fixture
def author() -> Person:
    return Person.objects.create(user=make_user("ada"))


@pytest.fixture
def client_of_author(author: Person) -> Client:
    return signed_in_client(author.user)


def publish_prompt(client: Client, prompt: Prompt, **choices: object) -> Prompt:
    assert client.post(f"/prompts/{prompt.pk}/publish/", choices).status_code == 303
    prompt.refresh_from_db()
    return prompt


def titles(query: str = "") -> list[str]:
    response = Client().get(f"/gallery/{query}")
    assert response.status_code == 200
    page = flat(response.content.decode())
    return re.findall(r'href="/gallery/[\w-]+/"[^>]*>([^<]+)</a></h2>', page)


def search_gallery(word: str) -> list[object]:
    return list(search.matching(kind=PUBLIC, owner=EVERYBODY, query=word))


def test_an_empty_gallery_says_how_to_fill_it() -> None:
    assert "The gallery is empty" in Client().get("/gallery/").content.decode()
    assert not Person.objects.exists()


def test_everybody_sees_a_published_prompt(client_of_author: Client, author: Person) -> None:
    saved = saved_prompt(author, "Once upon a time", title="A tale")
    prompt = publish_prompt(client_of_author, saved)

    assert titles() == ["A tale"]
    page = Client().get(f"/gallery/{prompt.pk}/")
    assert "Once upon a time" in page.content.decode()
    assert "ada</bdi>" in page.content.decode()
    assert "X-Robots-Tag" not in page


def test_a_guest_is_told_to_sign_up(person: Person) -> None:
    prompt = saved_prompt(person)

    response = guest_of(person).post(f"/prompts/{prompt.pk}/publish/")

    assert response.status_code == 403
    assert "Sign up" in response.content.decode()
    assert titles() == []


def test_only_published_prompts_are_shown(client_of_author: Client, author: Person) -> None:
    saved_prompt(author, title="Kept to myself")
    assert titles() == []

    other = saved_prompt(author, title="Archived or not")
    assert Client().get(f"/gallery/{other.pk}/").status_code == 404


def test_unpublishing_works_at_once(client_of_author: Client, author: Person) -> None:
    prompt = publish_prompt(client_of_author, saved_prompt(author, "unicorns", title="A tale"))
    assert search_gallery("unicorns")

    client_of_author.post(f"/prompts/{prompt.pk}/unpublish/")

    assert titles() == []
    assert Client().get(f"/gallery/{prompt.pk}/").status_code == 404
    assert Client().get(f"/gallery/{prompt.pk}/preview.png").status_code == 404
    assert not search_gallery("unicorns")


def test_the_gallery_shows_the_chosen_outputs(client_of_author: Client, author: Person) -> None:
    prompt = saved_prompt(author)
    row = {"version_id": prompt.head_id, "status": "succeeded"}
    chosen = make_run(author, text="The chosen one", **row)
    make_run(author, text="Not this", **row)

    publish_prompt(client_of_author, prompt, share_run=str(chosen.pk))

    page = Client().get(f"/gallery/{prompt.pk}/").content.decode()
    assert "The chosen one" in page
    assert "Not this" not in page
    # Publishing again only changes the outputs.
    moment = prompt.published_at
    publish_prompt(client_of_author, prompt)
    assert "The chosen one" not in Client().get(f"/gallery/{prompt.pk}/").content.decode()
    assert prompt.published_at == moment


def test_the_gallery_is_searched_by_its_current_texts(
    client_of_author: Client, author: Person
) -> None:
    prompt = publish_prompt(client_of_author, saved_prompt(author, "Green dragons", title="A tale"))
    publish_prompt(client_of_author, saved_prompt(author, "Red herrings", title="Fish"))
    saved_prompt(author, "Blue dragons", title="Private")
    assert titles("?q=dragons") == ["A tale"]

    details = Details(title="The tale", description="with griffins")
    prompt_save(prompt=prompt, state=free_state("Purple wyverns"), details=details)

    assert titles("?q=dragons") == []
    assert titles("?q=wyver") == ["The tale"]
    prompt_edit(prompt=prompt, details=Details(title="A story"))
    assert titles("?q=griffins") == []
    assert titles("?q=story") == ["A story"]
    version_restore(prompt=prompt, version=prompt.versions.get(number=1))
    assert titles("?q=dragons") == ["A story"]
    assert titles("?q=herring+nothing") == []


def test_the_gallery_is_filtered_and_sorted(client_of_author: Client, author: Person) -> None:
    for title in ("beta", "Alpha"):
        publish_prompt(client_of_author, saved_prompt(author, title=title))
    other = saved_prompt(author, title="gamma", template="qa")
    publish_prompt(client_of_author, other)

    assert titles() == ["gamma", "Alpha", "beta"]
    assert titles("?sort=title") == ["Alpha", "beta", "gamma"]
    assert titles("?template=qa") == ["gamma"]
    assert titles("?template=nonsense&sort=nonsense&page=nonsense") == ["gamma", "Alpha", "beta"]
    part = Client().get("/gallery/?q=gamma", headers=HTMX).content.decode()
    assert "<html" not in part
    assert "gamma" in part


def test_the_gallery_is_paged_in_few_queries(client_of_author: Client, author: Person) -> None:
    for number in range(30):
        publish_prompt(client_of_author, saved_prompt(author, title=f"Number {number:02}"))

    with CaptureQueriesContext(connection) as queries:
        first = titles("?q=number&sort=title")

    assert len(queries) < 10
    assert len(first) == 24
    assert titles("?q=number&sort=title&page=2") == [f"Number {n}" for n in range(24, 30)]


def test_an_authors_prompts_leave_the_gallery_with_the_author(
    client_of_author: Client, author: Person
) -> None:
    publish_prompt(client_of_author, saved_prompt(author, "unicorns"))

    person_delete(person=author)

    assert titles() == []
    assert not search_gallery("unicorns")


def test_a_deleted_prompt_leaves_the_search_too(client_of_author: Client, author: Person) -> None:
    prompt = publish_prompt(client_of_author, saved_prompt(author, "unicorns"))
    client_of_author.post(f"/prompts/{prompt.pk}/archive/")
    assert search_gallery("unicorns")

    client_of_author.post(f"/prompts/{prompt.pk}/delete/")

    assert not search_gallery("unicorns")


@pytest.fixture
def staff() -> Client:
    return signed_in_client(make_user("boss", is_staff=True, is_superuser=True))


def act(staff: Client, action: str, prompt: Prompt) -> None:
    chosen = {"action": action, "_selected_action": [str(prompt.pk)]}
    assert staff.post("/admin/prompts/prompt/", chosen).status_code == 302


def test_a_prompt_blocked_by_staff_cannot_be_published(
    client_of_author: Client, author: Person, staff: Client
) -> None:
    prompt = publish_prompt(client_of_author, saved_prompt(author, "unicorns"))

    act(staff, "bar", prompt)

    assert staff.get(f"/admin/prompts/prompt/{prompt.pk}/change/").status_code == 200
    assert titles() == []
    assert not search_gallery("unicorns")
    publish = f"/prompts/{prompt.pk}/publish/"
    refused = client_of_author.post(publish, headers={"HX-Request": "true"}).content.decode()
    assert 'role="alert">Staff of this playground keep this prompt out' in refused
    assert 'id="publish"' not in refused
    assert titles() == []


def test_a_prompt_unblocked_by_staff_can_be_published(
    client_of_author: Client, author: Person, staff: Client
) -> None:
    prompt = publish_prompt(client_of_author, saved_prompt(author, title="A tale"))
    act(staff, "bar", prompt)

    act(staff, "unbar", prompt)

    assert titles() == []
    publish_prompt(client_of_author, prompt)
    assert titles() == ["A tale"]
