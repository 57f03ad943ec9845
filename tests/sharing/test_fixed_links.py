"""A link to one version shows what it showed when it was made, whatever its owner changes later."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.utils import timezone

from playground.accounts.models import Person
from playground.core import search
from playground.library.forms import Details
from playground.library.indexing import EVERYBODY, PUBLIC
from playground.library.models import Prompt
from playground.library.services import prompt_edit, prompt_save
from playground.runs.models import Run
from playground.sharing.models import Share
from tests.accounts.people import make_user, signed_in_client
from tests.conftest import make_run
from tests.library.saved import free_state, saved_prompt
from tests.support.migrating import migrate

BEFORE = [
    ("prompts", "0002_barred"),
    ("core", "0001_search"),
    # Their tables have these columns, whatever the prompts contain.
    ("accounts", "0003_person_address"),
    ("runs", "0008_plain_texts"),
]


@pytest.fixture
def owner(db: None) -> Person:
    return Person.objects.create(user=make_user("ada"))


@pytest.fixture
def prompt(owner: Person) -> Prompt:
    made = saved_prompt(owner, "Hello {{name}}", "Hello again", title="The title of then")
    prompt_edit(
        prompt=made, details=Details(title=made.title, description="What it is for", tags=("one",))
    )
    return made


def run_of(prompt: Prompt, text: str, **values: Any) -> Run:
    version = prompt.versions.get(number=1)
    row = {"version_id": version.pk, "status": "succeeded", "text": text, **values}
    return make_run(prompt.person, **row)


def make_link(prompt: Prompt, *runs: Run, version: str) -> Share:
    """As the dialog makes it."""
    form = {"share_version": version, "share_run": [str(run.pk) for run in runs]}
    answer = signed_in_client(prompt.person.user).post(
        f"/prompts/{prompt.pk}/share/", {**form, "share_branches": "on", "share_expires": "never"}
    )
    assert answer.status_code == 303
    return Share.objects.get()


def shown_by(share: Share) -> dict[str, bytes]:
    """Everything that a link shows, without what differs by nature."""
    caches["previews"].clear()
    pages = ("", "open/", "fork/", "preview.png")
    answers = {page: Client().get(f"/s/{share.token}/{page}").content for page in pages}
    random = rb'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|csrfmiddlewaretoken": "[^"]*'
    return {page: re.sub(random, b"", content) for page, content in answers.items()}


def change_everything(prompt: Prompt, run: Run) -> None:
    """Every change that an owner can make to a prompt and its parts."""
    later = Details(title="Given later", description="Said later", tags=("later",))
    prompt_save(prompt=prompt, state=free_state("Written later"), details=later, message="Later")
    branch = run_of(prompt, "Branched later", parent=run, tree=run.tree)
    run_of(prompt, "Branched from that", parent=branch, tree=run.tree)
    run_of(prompt, "Run later")
    run_of(prompt, "Tried again later", origin=run)
    Run.objects.update(starred=True)
    now = timezone.now()
    Prompt.objects.update(starred=True, published_at=now, archived_at=now)


def test_a_link_to_a_version_never_changes(prompt: Prompt) -> None:
    run = run_of(prompt, "The output")
    run_of(prompt, "Branched before", parent=run, tree=run.tree)
    share = make_link(prompt, run, version="1")
    before = shown_by(share)
    for told in (b"The title of then", b"What it is for", b"The output", b"Branched before"):
        assert told in before[""]

    change_everything(prompt, run)

    assert shown_by(share) == before
    fork = Client().post(f"/s/{share.token}/fork/")
    copy = Prompt.objects.get(pk=fork["Location"].split("/")[2])
    assert (copy.title, copy.description) == ("The title of then", "What it is for")
    assert copy.head.text == "Hello {{name}}"
    panel = (
        signed_in_client(prompt.person.user).get(f"/prompts/{prompt.pk}/share/").content.decode()
    )
    assert "version 1, as “The title of then”" in panel


def test_a_link_to_the_newest_version_shows_the_current_state(prompt: Prompt) -> None:
    run = run_of(prompt, "The output")
    share = make_link(prompt, run, version="")

    change_everything(prompt, run)

    page = shown_by(share)[""]
    for told in (b"Given later", b"Said later", b"Written later", b"Branched later"):
        assert told in page
    for old in (b"The title of then", b"What it is for"):
        assert old not in page


def test_the_authors_current_name_is_shown(prompt: Prompt) -> None:
    share = make_link(prompt, version="1")

    prompt.person.user.username = "countess"
    prompt.person.user.save()

    page = shown_by(share)[""]
    assert b'by <bdi translate="no">countess</bdi>' in page
    assert b">ada<" not in page


def test_a_deleted_branch_is_no_longer_shown(prompt: Prompt) -> None:
    run = run_of(prompt, "The output")
    branch = run_of(prompt, "Branched before", parent=run, tree=run.tree)
    share = make_link(prompt, run, version="1")

    branch.delete()

    assert b"Branched before" not in shown_by(share)[""]


@pytest.fixture
def old_models(transactional_db: None) -> Iterator[Any]:
    """The models before the migration. The newest ones are restored afterwards."""
    yield migrate(BEFORE)
    migrate()


def test_older_links_and_forks_keep_what_they_show(old_models: Any) -> None:
    person = old_models.get_model("accounts", "Person")
    ada = person.objects.create(
        user=old_models.get_model("accounts", "User").objects.create(username="ada")
    )
    reader = person.objects.create()
    prompts = old_models.get_model("prompts", "Prompt").objects
    prompt = prompts.create(person=ada, template="free", title="Title", description="About it")
    version = old_models.get_model("prompts", "PromptVersion").objects.create(
        prompt=prompt, number=1, text="Hello", parameters={}
    )
    shares = old_models.get_model("prompts", "Share").objects
    fixed = shares.create(
        person=ada, prompt=prompt, version=version, with_branches=True, token="f" * 22
    )
    newest = shares.create(person=ada, prompt=prompt, token="n" * 22)
    runs = old_models.get_model("runs", "Run").objects
    row = {"person": ada, "parameters": {}, "max_tokens": 1, "seed": 1, "status": "succeeded"}
    first = runs.create(**row, number=1)
    second = runs.create(**row, number=2, parent=first)
    third = runs.create(**row, number=3, parent=second)
    fixed.runs.add(first)
    forks = {
        "of one that is there": {"forked_from": version, "forked_author": "an old name"},
        "of one that is gone": {"forked_author": "ada"},
        "of somebody who is gone": {"forked_author": "bob"},
        "of nothing": {},
    }
    for title, values in forks.items():
        prompts.create(person=reader, template="free", title=title, **values)

    migrate()

    share = Share.objects.get(pk=fixed.pk)
    assert (share.title, share.description) == ("Title", "About it")
    assert {run.pk for run in share.branches.all()} == {second.pk, third.pk}
    assert Share.objects.get(pk=newest.pk).title == ""
    authors = dict(Prompt.objects.filter(title__in=forks).values_list("title", "forked_person"))
    assert authors == {
        "of one that is there": ada.pk,
        "of one that is gone": ada.pk,
        "of somebody who is gone": None,
        "of nothing": None,
    }


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="on PostgreSQL nothing could be published before"
)
def test_prompts_published_earlier_are_found_in_the_gallery(old_models: Any) -> None:
    number, found = 7, uuid.uuid4()
    scope = f"scopepublic-prompt{EVERYBODY.hex}{EVERYBODY.hex}"
    old_models.get_model("core", "SearchEntry").objects.create(
        id=number, kind="public-prompt", object_id=found, owner=EVERYBODY
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_searchwords (rowid, scope, text) VALUES (%s, %s, 'fox')",
            [number, scope],
        )

    migrate()

    matching = search.matching(kind=PUBLIC, owner=EVERYBODY, query="fox")
    assert list(matching) == [found]
