"""Forks: an own copy that keeps its origin, also when the origin is gone."""

import json

import pytest
import redis
from django.test import Client
from django.utils import timezone

from playground.accounts.exporting import export_lines
from playground.accounts.leaving import person_delete
from playground.accounts.models import Person
from playground.accounts.moving import guest_adopt
from playground.library.forms import Details
from playground.library.models import Prompt
from playground.library.services import prompt_save
from playground.sharing.forks import fork_note
from playground.sharing.models import Share
from tests.accounts.people import make_user
from tests.library.saved import HTMX, free_state, guest_of, saved_prompt
from tests.support.markup import flat

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin(person: Person) -> Prompt:
    return saved_prompt(person, "Hello", "Hello there, world", title="Greetings")


@pytest.fixture
def share(person: Person, origin: Prompt) -> Share:
    return Share.objects.create(person=person, prompt=origin)


def make_fork(share: Share, client: Client | None = None) -> Prompt:
    response = (client or Client()).post(f"/s/{share.token}/fork/")
    assert response.status_code == 303
    return Prompt.objects.get(pk=response["Location"].split("/")[2])


def edit(prompt: Prompt, text: str, **parameters: object) -> Prompt:
    details = Details(title=prompt.title, description=prompt.description)
    prompt_save(prompt=prompt, state=free_state(text, **parameters), details=details)
    return prompt


def test_a_stranger_becomes_a_guest_with_a_copy(share: Share, origin: Prompt) -> None:
    client = Client()

    fork = make_fork(share, client)

    assert fork.person_id != origin.person_id
    assert fork.head.text == "Hello there, world"
    assert fork.head.number == 1
    assert fork.forked_from == origin.head
    page = client.get(f"/prompts/{fork.pk}/").content.decode()
    assert "Forked from" in page
    assert flat('Greetings</a> by <bdi translate="no">a guest</bdi>') in flat(page)
    assert "unchanged since" in page


def test_the_export_says_what_it_was_forked_from(share: Share, origin: Prompt) -> None:
    fork = make_fork(share)

    lines = [json.loads(line) for line in export_lines(fork.person)]

    (told,) = [line["forked_from"] for line in lines if line["kind"] == "prompt"]
    assert told == {"title": "Greetings", "author": "a guest", "version": str(origin.head_id)}


def test_forking_asks_first_and_htmx_is_sent_on(share: Share) -> None:
    asked = Client().get(f"/s/{share.token}/fork/")
    assert 'Fork “<bdi translate="no">Greetings</bdi>”?' in asked.content.decode()
    # A page without a referrer would post its form without an origin.
    assert asked["Referrer-Policy"] == "same-origin"

    answer = Client().post(f"/s/{share.token}/fork/", headers=HTMX)

    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/prompts/")


def test_the_owners_data_do_not_change(share: Share, origin: Prompt) -> None:
    before = list(Prompt.objects.filter(pk=origin.pk).values())

    make_fork(share)

    assert list(Prompt.objects.filter(pk=origin.pk).values()) == before
    assert origin.versions.count() == 2


def test_a_link_to_one_version_forks_that_version(share: Share, origin: Prompt) -> None:
    share.version, share.title = origin.versions.get(number=1), "As it was"
    share.description = "What it was for"
    share.save()

    fork = make_fork(share)

    assert fork.head.text == "Hello"
    assert (fork.title, fork.description) == ("As it was", "What it was for")
    assert fork.head.message == "Forked from As it was"
    assert fork_note(fork).title == "As it was"
    # The link does not mention later versions.
    assert fork_note(fork).newer == 0


def test_a_fork_counts_what_changed_since(share: Share, stranger: Person) -> None:
    client = guest_of(stranger)
    fork = make_fork(share, client)

    edit(fork, "Oh, Hello there, world of ours", temperature=0.1)

    page = client.get(f"/prompts/{fork.pk}/").content.decode()
    assert "3 changes since" in page
    diff = client.get(fork_note(fork).diff_address).content.decode()
    assert "<ins>" in diff
    assert "Temperature" in diff


def test_a_fork_mentions_newer_versions_while_it_may_read_them(
    share: Share, origin: Prompt, stranger: Person
) -> None:
    fork = make_fork(share, guest_of(stranger))
    edit(origin, "A third version")
    note = fork_note(Prompt.objects.get(pk=fork.pk))
    assert (note.newer, note.address) == (1, f"/s/{share.token}/")

    Share.objects.update(revoked_at=timezone.now())

    note = fork_note(Prompt.objects.get(pk=fork.pk))
    assert (note.newer, note.address) == (0, "")
    assert note.title == "Greetings"


@pytest.fixture
def ada(origin: Prompt) -> Person:
    origin.person.user = make_user("augusta")
    origin.person.save()
    Prompt.objects.filter(pk=origin.pk).update(published_at=timezone.now())
    return origin.person


def test_the_origins_title_and_author_stay_when_it_is_gone(origin: Prompt, ada: Person) -> None:
    client = Client()
    client.post(f"/gallery/{origin.pk}/fork/")
    fork = Prompt.objects.exclude(pk=origin.pk).get()
    edit(fork, "Hello there, worlds")

    origin.delete()

    page = client.get(f"/prompts/{fork.pk}/").content.decode()
    assert flat(
        '“<bdi translate="no">Greetings</bdi>” by <bdi translate="no">augusta</bdi>'
    ) in flat(page)
    assert "1 change since" in page


@pytest.mark.parametrize("is_first_gone", [False, True])
def test_the_authors_name_disappears_with_the_author(
    redis_client: redis.Redis, origin: Prompt, ada: Person, is_first_gone: bool
) -> None:
    client = Client()
    client.post(f"/gallery/{origin.pk}/fork/")
    fork = Prompt.objects.exclude(pk=origin.pk).get()
    if is_first_gone:
        origin.delete()

    person_delete(person=ada)

    page = client.get(f"/prompts/{fork.pk}/").content.decode()
    assert flat('“<bdi translate="no">Greetings</bdi>” · unchanged since') in flat(page)
    fork = Prompt.objects.get()
    (told,) = [json.loads(line) for line in export_lines(fork.person) if '"prompt"' in line]
    assert told["forked_from"]["author"] is None
    for line in export_lines(fork.person):
        assert "augusta" not in line


def test_a_renamed_author_has_the_current_name(origin: Prompt, ada: Person) -> None:
    client = Client()
    client.post(f"/gallery/{origin.pk}/fork/")
    fork = Prompt.objects.exclude(pk=origin.pk).get()

    ada.user.username = "countess"
    ada.user.save()

    page = client.get(f"/prompts/{fork.pk}/").content.decode()
    assert flat('Greetings</a> by <bdi translate="no">countess</bdi>') in flat(page)


def test_a_guest_whose_prompt_was_forked_is_its_author_as_a_user(
    share: Share, person: Person
) -> None:
    client = Client()
    fork = make_fork(share, client)
    user = make_user("augusta")
    Person.objects.create(user=user)

    guest_adopt(guest=person, user=user)

    page = client.get(f"/prompts/{fork.pk}/").content.decode()
    assert flat('Greetings</a> by <bdi translate="no">augusta</bdi>') in flat(page)


def test_a_fork_of_an_own_prompt_links_back(share: Share, person: Person, origin: Prompt) -> None:
    fork = make_fork(share, guest_of(person))

    assert fork_note(fork).address == f"/prompts/{origin.pk}/"


def test_a_prompt_that_is_no_fork_names_no_origin(person: Person, origin: Prompt) -> None:
    assert fork_note(origin) is None
    assert "Forked from" not in guest_of(person).get(f"/prompts/{origin.pk}/").content.decode()
