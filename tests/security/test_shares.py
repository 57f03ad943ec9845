"""Attack 5: a share link cannot be guessed, reused, widened, or made to change anything.

A link shows texts full of one word; the owner's other texts are full of another word. Every id of
the owner is then tried through every route that a link opens.
"""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from playground.accounts.models import Person
from playground.library.models import Draft, Prompt, PromptVersion, Tag
from playground.runs.models import Run
from playground.sharing.models import Share
from tests.accounts.people import make_user
from tests.conftest import make_run
from tests.library.saved import HTMX, guest_of
from tests.security.routes import METHODS, all_routes
from tests.security.test_markup import ATTACK, RAW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

# Every route of a prompt's link or of the gallery.
SHARED = [route for route in all_routes() if route.pattern.startswith("s/<slug:token>/")]
PUBLISHED = [route for route in all_routes() if "published_id" in route.names]
PARTS = [route.pattern.split("<slug:token>/")[1] for route in SHARED]
NOWHERE = "A" * 22


@pytest.fixture
def owner() -> Person:
    return Person.objects.create(user=make_user("ada", email="ada@private.example"))


@pytest.fixture
def share(owner: Person) -> Share:
    """A link to the second of three versions, with one run; everything else says SECRET."""
    prompt = prompt_of(owner, "Title", ["SECRET 1", "Open text", "SECRET 3"])
    fixed = prompt.versions.get(number=2)
    link = Share.objects.create(person=owner, prompt=prompt, version=fixed, title=prompt.title)
    row = {"version_id": fixed.pk, "status": "succeeded", "prompt": "SECRET", "address": "SECRET"}
    shown = make_run(owner, **{**row, "text": "Open output", "prompt": "Open text"})
    make_run(owner, **row, text="SECRET run")
    make_run(owner, **row, text="SECRET branch", parent=shown, tree=shown.pk)
    Run.objects.filter(pk=shown.pk).update(tree=shown.pk)
    link.runs.add(shown)
    prompt_of(owner, "SECRET prompt", ["SECRET"])
    state = {"fields": {}, "text": "SECRET draft", "parameters": {"max_tokens": 16}}
    Draft.objects.create(person=owner, template="free", prompt=prompt, state=state)
    prompt.tags.add(Tag.objects.create(person=owner, name="SECRET tag"))
    return link


def prompt_of(person: Person, title: str, texts: list[str]) -> Prompt:
    prompt = Prompt.objects.create(person=person, template="free", title=title)
    for number, text in enumerate(texts, start=1):
        prompt.head = PromptVersion.objects.create(
            prompt=prompt, number=number, text=text, message=text, parameters={"max_tokens": 16}
        )
    prompt.save()
    return prompt


def ids_of(person: Person) -> Iterator[uuid.UUID]:
    """Every id of the person's rows, their own id too."""
    yield person.pk
    for model in (Prompt, Run, Draft, Share):
        yield from model.objects.filter(person=person).values_list("pk", flat=True)
    versions = PromptVersion.objects.filter(prompt__person=person)
    yield from versions.values_list("pk", flat=True)


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """All rows of all models, with the connections of runs to prompts and shares."""
    models = apps.get_models(include_auto_created=True)
    return {
        model.__name__: list(model._default_manager.order_by("pk").values()) for model in models
    }


def addresses(share: Share) -> list[str]:
    return [f"/s/{share.token}/{part}" for part in PARTS]


@pytest.mark.parametrize("ending", ["revoked", "expired", "deleted", "never made"])
def test_a_closed_and_an_unknown_link_get_the_same_answer(share: Share, ending: str) -> None:
    never = [Client().get(f"/s/{NOWHERE}/{part}") for part in PARTS]
    for address in addresses(share):
        # No cache has what was read while it was open.
        assert Client().get(address).status_code == 200

    match ending:
        case "revoked":
            Share.objects.update(revoked_at=timezone.now())
        case "expired":
            Share.objects.update(expires_at=timezone.now())
        case "deleted":
            Share.objects.all().delete()
        case _:
            Share.objects.update(token="B" * 22)

    for address, absent in zip(addresses(share), never, strict=True):
        for client in (Client(), guest_of(Person.objects.create())):
            answer = client.get(address)
            assert answer.status_code == 404
            assert comparable_text(answer, share.token) == comparable_text(absent, NOWHERE)
            assert client.post(address).status_code in (404, 405)


def comparable_text(answer: Any, asked: object) -> str:
    """The answer without what differs by nature: the address and the nonce."""
    return re.sub(r'nonce="[^"]*"', "", answer.content.decode().replace(str(asked), "ASKED"))


@pytest.mark.parametrize(
    "token", ["", "a", "A" * 21, "A" * 23, "A" * 5_000, "%00", "..", "' OR 1=1", "é" * 22]
)
def test_an_invalid_token_opens_nothing(share: Share, token: str) -> None:
    assert Client().get(f"/s/{token}/").status_code in (400, 404)


def test_a_token_must_match_exactly(share: Share) -> None:
    changed = share.token[:-1] + ("A" if share.token[-1] != "A" else "B")

    for token in (share.token.swapcase(), changed, share.token[:-1], f"{share.token}A"):
        assert Client().get(f"/s/{token}/").status_code == 404


@pytest.mark.parametrize("part", PARTS)
def test_no_answer_has_other_data_of_the_owner(share: Share, owner: Person, part: str) -> None:
    address = f"/s/{share.token}/{part}"
    for headers in ({}, HTMX, {"Accept": "application/json"}):
        answer = Client().get(address, headers=headers)
        assert answer.status_code == 200
        content = answer.content
        assert b"SECRET" not in content
        assert b"private.example" not in content
        for owned in ids_of(owner):
            assert str(owned).encode() not in content
            assert owned.hex.encode() not in content


@pytest.mark.parametrize("part", PARTS)
def test_no_id_of_the_owners_widens_a_link(share: Share, owner: Person, part: str) -> None:
    address = f"/s/{share.token}/{part}"
    names = ("run", "run_id", "share_run", "prompt", "prompt_id", "version", "share_version")
    names += ("draft", "share", "parent", "a", "b", "number", "before", "state", "from")

    for owned in ids_of(owner):
        answer = Client().get(address, dict.fromkeys(names, str(owned)))
        assert b"SECRET" not in answer.content
        for tail in (f"{owned}/", f"runs/{owned}/", f"v/{owned}/", f"../../prompts/{owned}/"):
            assert Client().get(f"{address}{tail}").status_code == 404
        assert Client().get(f"/s/{owned}/").status_code == 404
        assert Client().get(f"/s/{owned.hex}/").status_code == 404
    for number in ("1", "3", "-1", "v/1"):
        assert Client().get(f"{address}{number}/").status_code == 404
        query = {"share_version": number, "number": number, "version": number}
        assert b"SECRET" not in Client().get(address, query).content


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("part", PARTS)
def test_no_method_changes_the_owners_data(
    share: Share, owner: Person, part: str, method: str
) -> None:
    before = snapshot()
    body = {"share_run": "", "save_title": "Taken over", "starred": "1", "person": str(owner.pk)}

    answer = getattr(Client(), method)(f"/s/{share.token}/{part}", body)

    after = snapshot()
    if (method, part) == ("post", "fork/"):
        assert answer.status_code == 303
        for name, rows in before.items():
            assert [row for row in after[name] if row in rows] == rows
        assert Prompt.objects.exclude(person=owner).get().head.text == "Open text"
    else:
        assert after == before


def test_a_fork_takes_what_the_link_shows_and_no_more(share: Share, owner: Person) -> None:
    thief = Client()
    others = [str(owned) for owned in ids_of(owner)]
    for owned in others:
        thief.post(f"/s/{share.token}/fork/", {"version": owned, "prompt_id": owned})

    forks = Prompt.objects.exclude(person=owner)

    assert forks.count() == len(others)
    for fork in forks:
        assert [version.text for version in fork.versions.all()] == ["Open text"]
        assert not fork.tags.exists()
        assert not fork.published_runs.exists()
    library = thief.get("/prompts/?q=SECRET").content.decode()
    assert "SECRET prompt" not in library


def test_a_run_of_a_shared_version_does_not_join_the_owners_data(
    share: Share, owner: Person
) -> None:
    thief = Client()
    run = Run.objects.get(text="Open output")
    answer = thief.post(
        "/free/run/",
        {"prompt": "Open text", "version": str(share.version_id), "parent": str(run.pk)},
    )
    made = Run.objects.get(pk=answer["Location"].split("/")[2])

    assert made.person_id != owner.pk
    assert made.parent_id is None
    assert made.tree == made.pk
    page = Client().get(f"/s/{share.token}/").content.decode()
    assert str(made.pk) not in page


@pytest.mark.parametrize("route", PUBLISHED, ids=[route.name for route in PUBLISHED])
@pytest.mark.parametrize("method", METHODS)
def test_a_prompt_that_is_not_published_is_in_no_gallery(
    share: Share, route: Any, method: str
) -> None:
    before = snapshot()
    path = route.path(run=share.prompt_id)
    nobodys = uuid.uuid4()
    absent = getattr(Client(), method)(route.path(run=nobodys))

    answer = getattr(Client(), method)(path)

    assert answer.status_code in (404, 405)
    assert comparable_text(answer, share.prompt_id) == comparable_text(absent, nobodys)
    assert snapshot() == before


@pytest.mark.parametrize("route", PUBLISHED, ids=[route.name for route in PUBLISHED])
def test_the_gallery_shows_the_head_and_nothing_else(
    share: Share, owner: Person, route: Any
) -> None:
    prompt = share.prompt
    PromptVersion.objects.filter(prompt=prompt, number=3).update(text="Published", message="")
    Prompt.objects.filter(pk=prompt.pk).update(published_at=timezone.now())

    answer = Client().get(route.path(run=prompt.pk))

    assert answer.status_code == 200
    assert b"SECRET" not in answer.content
    assert b"Open text" not in answer.content
    assert str(owner.pk).encode() not in answer.content
    assert share.token.encode() not in answer.content


def test_markup_is_shown_as_text_wherever_sharing_shows_it(owner: Person) -> None:
    prompt = prompt_of(owner, ATTACK, [ATTACK])
    # The text is cut at labels and variables; markup across a cut stays text too.
    prompt.versions.update(text=f"{{{{{'a' * 3}}}}}{ATTACK}\nCustomer: {ATTACK}", message=ATTACK)
    variables = [{"name": "aaa", "kind": "line", "value": ATTACK, "help": ATTACK}]
    prompt.versions.update(variables=variables, model="tiny")
    prompt.description = ATTACK
    prompt.template = "chat"
    prompt.published_at = timezone.now()
    prompt.save()
    run = make_run(
        owner,
        version_id=prompt.head_id,
        status="succeeded",
        prompt=ATTACK,
        text=ATTACK,
        model=ATTACK[:80],
        variables=variables,
        template="chat",
    )
    Run.objects.filter(pk=run.pk).update(tree=run.pk)
    make_run(owner, parent=run, tree=run.pk, status="cancelled", prompt=ATTACK, text=ATTACK)
    share = Share.objects.create(person=owner, prompt=prompt, with_branches=True)
    share.runs.add(run)
    prompt.published_runs.add(run)
    forker = Client()
    fork = forker.post(f"/s/{share.token}/fork/")["Location"]
    mine = Client()
    mine.force_login(owner.user, backend="allauth.account.auth_backends.AuthenticationBackend")

    pages = [
        (Client(), f"/s/{share.token}/"),
        (Client(), f"/s/{share.token}/open/"),
        (Client(), f"/s/{share.token}/fork/"),
        (Client(), "/gallery/"),
        (Client(), f"/gallery/{prompt.pk}/"),
        (Client(), f"/gallery/{prompt.pk}/open/"),
        (Client(), f"/gallery/{prompt.pk}/fork/"),
        (mine, f"/prompts/{prompt.pk}/share/"),
        (mine, f"/prompts/{prompt.pk}/"),
        (forker, fork),
    ]
    for client, path in pages:
        answer = client.get(path)
        assert answer.status_code == 200, path
        html = answer.content.decode()
        assert not [raw for raw in RAW if raw in html], path
        assert "unsafe" not in answer["Content-Security-Policy"]
    assert "&lt;script&gt;" in Client().get(f"/s/{share.token}/").content.decode()


def test_a_state_in_a_link_is_shown_as_text() -> None:
    fields = {"prompt": ATTACK, "inject_start": ATTACK, "variables": "a", "var.a": ATTACK}
    page = Client().post("/free/link/", fields, headers=HTMX).content.decode()
    link = page.split('value="http://testserver')[1].split('"')[0]

    for path in (link, "/free/?state=" + "%3Cscript%3Ealert(1)%3C/script%3E"):
        html = Client().get(path).content.decode()
        assert not [raw for raw in RAW if raw in html]


def test_pictures_are_of_open_links_only(share: Share) -> None:
    caches["previews"].clear()
    path = f"/s/{share.token}/preview.png"
    first = Client().get(path)
    assert first.content.startswith(b"\x89PNG")

    Share.objects.update(revoked_at=timezone.now())

    answer = Client().get(path)
    assert answer.status_code == 404
    assert not answer.content.startswith(b"\x89PNG")
