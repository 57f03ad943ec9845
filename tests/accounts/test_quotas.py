"""What a person and an address may store: rows and bytes of runs, prompts, versions, drafts."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from playground.accounts.models import Person
from playground.accounts.quotas import RECENT_SECONDS, check_room_for_one, room_of, usage_of
from playground.core.errors import QuotaReached
from playground.library.models import Draft, Prompt, PromptVersion
from playground.runs.models import Run
from tests.accounts.people import guest_client, make_user, sign_in
from tests.conftest import make_run
from tests.history.test_import import line

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

TYPED = "typed with care"


def post_run(client: Client, text: str = TYPED) -> HttpResponse:
    form = {"prompt": text, "model": "tiny", "max_tokens": 4}
    return client.post("/free/run/", form)  # type: ignore[return-value]


def post_prompt(client: Client, text: str = TYPED) -> HttpResponse:
    return client.post("/free/save/", {"prompt": text, "model": "tiny"})  # type: ignore[return-value]


def post_version(client: Client, text: str = TYPED) -> HttpResponse:
    form = {"prompt": text, "model": "tiny"}
    prompt = Prompt.objects.order_by("created_at").first()
    if prompt is None:
        return post_prompt(client, text)
    return client.post(f"/prompts/{prompt.pk}/save/", form)  # type: ignore[return-value]


def post_draft(client: Client, text: str = TYPED) -> HttpResponse:
    # Each is from a different tab, so the second becomes a copy.
    writer = f"w{Draft.objects.count()}"
    form = {"prompt": text, "model": "tiny", "draft_writer": writer, "draft_step": "1"}
    return client.post("/free/draft/", form, headers={"Accept": "application/json"})  # type: ignore[return-value]


def post_import(client: Client, text: str = TYPED) -> HttpResponse:
    file = json.dumps(line(prompt=text)) + "\n"
    upload = SimpleUploadedFile("runs.jsonl", file.encode())
    return client.post("/history/import/", {"file": upload})  # type: ignore[return-value]


Post = Callable[..., HttpResponse]
KINDS: dict[str, tuple[Post, str, str]] = {
    "run": (post_run, "RUNS", "in the history"),
    "import": (post_import, "RUNS", "in the history"),
    "prompt": (post_prompt, "PROMPTS", "on the page Prompts"),
    "version": (post_version, "VERSIONS", "on the page Prompts"),
    "draft": (post_draft, "DRAFTS", "under Drafts"),
}


def counts() -> list[int]:
    return [model._default_manager.count() for model in (Run, Prompt, PromptVersion, Draft)]


@pytest.mark.parametrize("kind", list(KINDS))
def test_too_many_rows_are_refused_with_advice_what_to_delete(
    person: Person, settings: Any, kind: str
) -> None:
    post, name, way = KINDS[kind]
    setattr(settings, f"LIMIT_PERSON_{name}", 1)
    client = guest_client(person)
    assert post(client, "the first one").status_code < 400
    before = counts()

    refused = post(client, "the second one")

    assert refused.status_code == 409
    assert way in refused.content.decode()
    assert counts() == before


@pytest.mark.parametrize("kind", list(KINDS))
def test_too_many_bytes_are_refused_and_smaller_rows_accepted(
    person: Person, settings: Any, kind: str
) -> None:
    post, _, _ = KINDS[kind]
    settings.LIMIT_PERSON_MIB = 1
    make_run(person, status="succeeded", text="é" * (500 << 10))
    client = guest_client(person)
    before = counts()

    refused = post(client, "ü" * 30_000)

    assert refused.status_code == 409
    assert "may take 1 MiB" in refused.content.decode()
    assert counts() == before
    assert post(client, "small").status_code < 400


@pytest.mark.parametrize("kind", ["run", "prompt", "version"])
def test_without_a_script_a_refusal_keeps_the_typed_text(
    person: Person, settings: Any, kind: str
) -> None:
    post, name, _ = KINDS[kind]
    setattr(settings, f"LIMIT_PERSON_{name}", 1)
    client = guest_client(person)
    post(client, "the first one")

    assert TYPED in post(client, TYPED).content.decode()


def test_a_growing_draft_is_refused_and_a_shrinking_one_accepted(
    person: Person, settings: Any
) -> None:
    settings.LIMIT_PERSON_MIB = 1
    client = guest_client(person)
    form = {"prompt": "x" * 50_000, "model": "tiny", "draft_writer": "one"}
    json_wanted = {"Accept": "application/json"}
    assert client.post("/free/draft/", {**form, "draft_step": "1"}).status_code == 200
    make_run(person, status="succeeded", text="x" * (950 << 10))

    grown = {**form, "prompt": "x" * 65_000, "draft_step": "2"}
    answer = client.post("/free/draft/", {**grown, "prompt": "é" * 60_000}, headers=json_wanted)
    assert answer.json()["error"]["code"] == "quota_reached"
    assert (
        client.post("/free/draft/", {**form, "prompt": "x", "draft_step": "3"}).status_code == 200
    )

    assert Draft.objects.get().state["text"] == "x"


@pytest.mark.parametrize(
    ("post", "name"),
    [
        (post_run, "RUNS"),
        (post_import, "RUNS"),
        (post_prompt, "PROMPTS"),
        (post_prompt, "VERSIONS"),
        (post_draft, "DRAFTS"),
    ],
)
def test_new_cookies_do_not_raise_the_limit_of_an_address(
    settings: Any, post: Post, name: str
) -> None:
    setattr(settings, f"LIMIT_ADDRESS_{name}", 2)
    # Each client without a cookie becomes a new guest.
    assert [post(Client()).status_code < 400 for _ in range(2)] == [True, True]

    refused = post(Client())

    assert refused.status_code == 409
    assert "your network address" in refused.content.decode()


def test_bytes_of_an_address_are_counted_over_all_its_people(settings: Any) -> None:
    settings.LIMIT_ADDRESS_MIB = 1
    for _ in range(4):
        assert post_run(Client()).status_code == 303
    Run.objects.update(text="x" * (300 << 10))
    # As after a minute: until then the sum counts only what was added since.
    cache.clear()

    refused = post_run(Client())

    assert refused.status_code == 409
    assert "may take 1 MiB" in refused.content.decode()


def test_other_addresses_are_not_affected(settings: Any) -> None:
    settings.LIMIT_ADDRESS_RUNS = 1
    assert post_run(Client()).status_code == 303
    assert post_run(Client()).status_code == 409

    assert post_run(Client(REMOTE_ADDR="192.0.2.7")).status_code == 303


def test_deleting_makes_room(person: Person, settings: Any) -> None:
    settings.LIMIT_PERSON_RUNS = 1
    client = guest_client(person)
    post_run(client)
    run = Run.objects.get()
    assert post_run(client).status_code == 409

    client.post("/history/delete/", {"run": str(run.pk)})

    assert post_run(client).status_code == 303


def test_a_prompt_can_be_renamed_at_the_limit_of_versions(person: Person, settings: Any) -> None:
    settings.LIMIT_PERSON_VERSIONS = 1
    client = guest_client(person)
    post_prompt(client)
    prompt = Prompt.objects.get()

    answer = client.post(
        f"/prompts/{prompt.pk}/save/", {"prompt": TYPED, "model": "tiny", "save_title": "New name"}
    )

    assert answer.status_code < 400
    assert Prompt.objects.get().title == "New name"


def test_a_guests_data_move_into_the_account_whatever_the_limits(
    person: Person, settings: Any
) -> None:
    user = make_user("ann")
    account = Person.objects.create(user=user)
    make_run(account)
    make_run(person)
    settings.LIMIT_PERSON_RUNS = 1

    sign_in(guest_client(person), "ann")

    assert Run.objects.filter(person=account).count() == 2


def test_the_account_page_shows_the_stored_amount(person: Person) -> None:
    make_run(person)

    page = guest_client(person).get("/account/").content.decode()

    assert "1 of 50,000 runs" in page
    assert "0 of 512 MiB" in page


def test_sizes_are_bytes_and_follow_every_change(person: Person) -> None:
    run = make_run(person, prompt="é" * 10, text="")
    before = usage_of(person)["runs"].size

    Run.objects.filter(pk=run.pk).update(text="\U0001f98a" * 100)

    assert usage_of(person)["runs"].size == before + 400


def test_an_import_is_checked_as_a_whole_before_anything_is_saved(
    person: Person, settings: Any
) -> None:
    settings.LIMIT_PERSON_RUNS = 2
    with pytest.raises(QuotaReached, match="this brings 3 more"):
        room_of(person).check("runs", rows=3, size=1)
    file = "".join(json.dumps(line()) + "\n" for _ in range(3)).encode()

    upload = SimpleUploadedFile("runs.jsonl", file)
    answer = guest_client(person).post("/history/import/", {"file": upload})

    assert answer.status_code == 409
    assert not Run.objects.exists()


def test_far_from_every_limit_the_sum_is_made_once_a_minute(
    person: Person, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    check_room_for_one(person, "runs", size=10)

    with django_assert_num_queries(0):
        check_room_for_one(person, "runs", size=10)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + RECENT_SECONDS)
    make_run(person)

    with CaptureQueriesContext(connection) as sums:
        check_room_for_one(person, "runs", size=10)
    assert sums.captured_queries


def test_runs_added_since_the_last_sum_count(person: Person, settings: Any) -> None:
    settings.LIMIT_PERSON_RUNS = 3

    for _ in range(3):
        check_room_for_one(person, "runs", size=10)
        make_run(person)

    with pytest.raises(QuotaReached, match="3 of at most 3 runs"):
        check_room_for_one(person, "runs", size=10)


def test_a_run_too_large_for_the_remaining_room_is_refused_without_a_new_sum(
    person: Person, settings: Any
) -> None:
    settings.LIMIT_PERSON_MIB = 1
    check_room_for_one(person, "runs", size=10)

    with pytest.raises(QuotaReached):
        check_room_for_one(person, "runs", size=2 << 20)
