"""Tuned models on the pages: in the menu at once, refused to others, missed with a note."""

import re
from pathlib import Path

import pytest
from django.test import Client

from playground.accounts.models import Person
from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Adapter
from playground.checkpoints.services import (
    adapter_delete,
    adapter_rename,
    worker_beat,
    worker_register,
)
from playground.library.models import PromptVersion
from playground.prompts.trials import trial_address
from playground.runs.models import Run
from tests.conftest import make_run
from tests.library.saved import guest_of, saved_prompt
from tests.support.adapters import make_adapter
from tests.support.markup import flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

NOT_YOURS = "The tuned model that this was made with is not yours, or it was deleted."


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return flat(response.content.decode())


def offered(page: str) -> list[str]:
    return re.findall(r'<input type="radio" name="model" value="([^"]+)"', page)


def chosen(page: str) -> str:
    (value,) = re.findall(r'name="model" value="([^"]+)"[^>]*? checked', page)
    return value


def test_it_is_in_the_menu_of_every_page_at_once_with_its_bases_state(
    person: Person, stranger: Person, adapter: Adapter
) -> None:
    beat = worker_register(name="w", job=GENERATE, model="tiny", device="cpu", slots=4)
    worker_beat(name="w", incarnation=beat, state="ready", live=1, tokens_per_second=77)
    mine = guest_of(person)

    for address in ("/", "/free/", "/translation/"):
        shown = page(mine, f"{address}?model={adapter.name}")
        assert offered(shown) == ["tiny", adapter.name, "other"]
        assert chosen(shown) == adapter.name
        assert 'translate="no">Support answers</span>' in shown
        assert "Support answers</bdi>" in shown
        assert 'tuned from<span translate="no">tiny</span>' in shown
        assert shown.count("77 tok/s") == 3, "now, the base's, the tuned one's"
    assert offered(page(guest_of(stranger), "/free/")) == ["tiny", "other"]
    assert offered(page(Client(), "/free/")) == ["tiny", "other"]


def test_the_menu_renews_itself_when_a_tuned_model_comes_or_changes(
    person: Person, adapter: Adapter, tmp_path: Path, text_side: Path
) -> None:
    client = guest_of(person)
    seen = re.findall(r"seen=(\w+)", page(client, "/models/menu/?model=tiny"))[0]
    address = f"/models/menu/?model=tiny&seen={seen}"
    assert client.get(address).status_code == 204

    adapter_rename(adapter=adapter, title="Help desk")
    assert "Help desk" in page(client, address)
    newer = make_adapter(person, tmp_path, text_side, title="Newer")
    assert offered(page(client, address)) == ["tiny", newer.name, adapter.name, "other"]


def test_a_run_of_it_says_so(person: Person, adapter: Adapter) -> None:
    client = guest_of(person)

    response = client.post("/free/run/", {"prompt": "Once", "model": adapter.name})

    run = Run.objects.get()
    assert response.status_code == 303
    assert (run.model, run.adapter) == ("tiny", adapter)
    shown = page(client, f"/runs/{run.pk}/")
    assert chosen(shown) == adapter.name
    assert 'id="figure-model"><bdi translate="no">Support answers</bdi></span>' in shown
    assert 'data-model="tiny"' in shown, "its tokens are the base's"


def test_others_cannot_tell_it_from_none(
    person: Person, stranger: Person, adapter: Adapter
) -> None:
    client = guest_of(stranger)

    for name in (adapter.name, "tiny:nothing-here"):
        answers = [
            client.post("/free/run/", {"prompt": "Once", "model": name}),
            client.post(
                "/free/run/", {"prompt": "Once", "model": name}, headers={"HX-Request": "true"}
            ),
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert "Support answers" not in "".join(a.content.decode() for a in answers)
        shown = page(client, f"/free/?model={name}")
        assert chosen(shown) == "tiny"
        assert f"{NOT_YOURS} tiny is chosen instead." in shown
        assert "Support answers" not in shown
        assert "Support answers" not in page(client, f"/models/menu/?model={name}")
        assert "Support answers" not in page(client, f"/free/?model={name}&try=1")
    assert not Run.objects.exists()


def test_a_deleted_one_leaves_its_base_with_a_note(person: Person, adapter: Adapter) -> None:
    client = guest_of(person)
    run = make_run(person, adapter=adapter, status="succeeded", text=" there was")
    prompt = saved_prompt(person, "Once")
    PromptVersion.objects.update(model=adapter.name)
    assert chosen(page(client, f"/prompts/{prompt.pk}/")) == adapter.name

    adapter_delete(adapter=adapter)

    note = "The tuned model “Support answers” was deleted. tiny is chosen instead."
    for address in (f"/prompts/{prompt.pk}/", f"/runs/{run.pk}/", f"/free/?model={adapter.name}"):
        shown = page(client, address)
        assert (chosen(shown), note in shown) == ("tiny", True)
    assert "Support answers</bdi>(deleted)" in page(client, f"/runs/{run.pk}/")
    refused = client.post("/free/run/", {"prompt": "Once", "model": adapter.name})
    assert refused.status_code == 404
    assert "“Support answers” was deleted. Choose another model." in refused.content.decode()
    assert client.post(f"/runs/{run.pk}/retry/").status_code == 404
    # A page that is open with it is told by its menu.
    answer = page(client, f"/models/menu/?model={adapter.name}&seen=old")
    assert (chosen(answer), note in answer) == ("tiny", True)


def test_a_title_is_text(person: Person, adapter: Adapter) -> None:
    adapter_rename(adapter=adapter, title="<b>bold</b>", note="<script>alert(1)</script>")

    shown = page(guest_of(person), f"/free/?model={adapter.name}")

    assert "<b>bold" not in shown
    assert "<script>alert" not in shown
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown


def test_one_that_changes_nothing_says_so(person: Person, adapter: Adapter) -> None:
    Adapter.objects.update(changes_nothing=True)

    assert "Its weights are all zero: it answers as tiny does." in page(guest_of(person), "/free/")


def test_the_palette_leads_to_it(person: Person, stranger: Person, adapter: Adapter) -> None:
    models = guest_of(person).get("/palette/").json()["models"]

    assert [model["name"] for model in models] == ["tiny", "Support answers", "other"]
    assert chosen(page(guest_of(person), models[1]["address"])) == adapter.name
    assert len(guest_of(stranger).get("/palette/").json()["models"]) == 2


def test_trying_it_opens_with_its_prompt_separator_and_stop(
    person: Person, adapter: Adapter
) -> None:
    Adapter.objects.update(
        example="Where is my parcel?",
        prompt_suffix="\n\n###\n\n",
        stop=["\n"],
        parameters={"temperature": 0, "max_tokens": 5, "unknown": 1},
    )
    adapter.refresh_from_db()

    shown = page(guest_of(person), trial_address(adapter))

    assert chosen(shown) == adapter.name
    assert "Where is my parcel?</textarea>" in shown
    assert r'value="\n\n###\n\n"' in shown
    assert re.search(r'name="stop"[^>]*> ?\\n</textarea>', shown)
    assert re.search(r'name="max_tokens"[^>]*value="5"', shown)


def test_what_it_cannot_be_tried_with_is_the_pages_own(person: Person, adapter: Adapter) -> None:
    Adapter.objects.update(parameters={"temperature": 9}, prompt_suffix="x" * 600, example="Hello ")
    adapter.refresh_from_db()

    shown = page(guest_of(person), trial_address(adapter))

    assert f"Hello {'x' * 600}</textarea>" in shown
