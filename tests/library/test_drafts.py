"""Drafts: saved while typing, distinguished by page and revision, never lost."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from playground.accounts.models import Person
from playground.library import drafts
from playground.library.models import Draft, Prompt
from playground.prompts.catalog import TEMPLATES
from playground.prompts.form import default_parameters
from tests.conftest import make_run
from tests.library.saved import free_form, free_state, guest_of, saved_prompt

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

JSON = {"Accept": "application/json"}


class Page:
    """A tab that saves by itself: it knows only what the server has told it."""

    def __init__(
        self,
        client: Client,
        *,
        template: str = "free",
        prompt: Prompt | None = None,
        address: str = "",
    ) -> None:
        self.client, self.template, self.prompt = client, template, prompt
        self.writer, self.step = uuid.uuid4().hex[:16], 0
        own = f"/prompts/{prompt.pk}/" if prompt else f"/{template}/"
        shown = client.get(address or own).content.decode()
        self.draft = self._hidden_value(shown, "draft")
        self.revision = self._hidden_value(shown, "draft_revision")
        found = re.search(r'<textarea class="prompt"[^>]*>\n(.*?)</textarea>', shown, re.DOTALL)
        self.text = found[1] if found else ""
        self.answer: dict[str, Any] = {}

    def save(self, text: str, *, step: int | None = None, **inputs: Any) -> int:
        """Saves ``text``, takes over what the answer says, and returns the status."""
        self.step += 1
        response = self.client.post(
            f"/{self.template}/draft/",
            {
                **free_form(text),
                "prompt_id": str(self.prompt.pk) if self.prompt else "",
                "draft": self.draft,
                "draft_revision": self.revision,
                "draft_writer": self.writer,
                "draft_step": str(self.step if step is None else step),
                **inputs,
            },
            headers=JSON,
        )
        self.answer = response.json()
        if "draft" in self.answer:
            self.draft, self.revision = self.answer["draft"], str(self.answer["revision"])
        return response.status_code

    @staticmethod
    def _hidden_value(page: str, name: str) -> str:
        found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
        assert found
        return found[1]


def texts(**values: Any) -> list[str]:
    rows = Draft.objects.filter(**values).order_by("updated_at")
    return [row.state["text"] for row in rows]


def test_a_draft_is_made_and_shown_when_the_page_opens_again(client: Client) -> None:
    page = Page(client)
    assert page.save("Half a sen") == 200
    assert page.save("Half a sentence", temperature="0.2") == 200

    again = Page(client)

    assert again.text == "Half a sentence"
    assert texts() == ["Half a sentence"]
    assert (again.draft, again.revision) == (page.draft, "2")
    shown = client.get("/free/").content.decode()
    assert "Your draft of" in shown
    assert "Start from the example" in shown
    assert 'name="temperature" value="0.20"' in shown


def test_opening_a_page_makes_no_draft_and_no_person(client: Client) -> None:
    Page(client)

    assert not Draft.objects.exists()
    assert not Person.objects.exists()


def test_a_text_equal_to_the_example_is_no_draft(client: Client) -> None:
    page = Page(client)
    example = page.text
    page.save("something")

    assert page.save(example, max_tokens="96") == 200

    assert page.draft == ""
    assert not Draft.objects.exists()


def test_every_kind_of_field_is_kept(person: Person) -> None:
    client = guest_of(person)
    page = Page(client, template="chat")
    fields = {
        "setting": "A shop.",
        "turns_speaker": ["Customer", "Agent"],
        "turns_text": ["Hello.", "Hi."],
        "turns_reply": "",
        "message": "Half a mess",
        "model": "other",
    }

    page.save("", **fields)

    shown = client.get("/chat/").content.decode()
    assert shown.count('class="turn turn--') == 2
    assert "\nHalf a mess</textarea>" in shown
    assert re.search(r'value="other"[^>]* checked', shown)
    page.save("By hand", **fields, detached="1")
    assert Draft.objects.get().state["fields"]["detached"] is True
    assert Page(client, template="chat").text == "By hand"


def test_a_half_typed_number_does_not_cost_the_text(client: Client) -> None:
    page = Page(client)

    assert page.save("kept", temperature="0.", top_p="much", seed="x", stop="a" * 65) == 200

    assert texts() == ["kept"]
    assert Draft.objects.get().state["parameters"]["temperature"] == 0.0


@pytest.mark.parametrize("text", ["x" * 65_537, "NUL \0"])
def test_a_draft_refuses_what_a_form_refuses(client: Client, text: str) -> None:
    page = Page(client)

    assert page.save(text) == 400

    assert page.answer["error"]["field"] == "prompt"
    assert not Draft.objects.exists()


def test_the_second_of_two_tabs_is_kept_as_a_copy(person: Person) -> None:
    client = guest_of(person)
    Page(client).save("begun")
    first, second = Page(client), Page(client)

    assert first.save("first tab") == 200
    assert second.save("second tab") == 409

    message = "Another tab changed this draft. Your text is kept as a copy."
    assert second.answer["error"]["message"] == message
    assert texts(is_copy=False) == ["first tab"]
    assert texts(is_copy=True) == ["second tab"]
    copy = Draft.objects.get(is_copy=True)
    assert second.answer["copy"] == f"/drafts/{copy.pk}/"
    assert second.answer["other"] == "/free/"
    shown = client.get(second.answer["copy"]).content.decode()
    assert "kept when another tab changed the draft" in shown
    assert "second tab</textarea>" in shown


def test_a_tab_continues_in_its_copy(person: Person) -> None:
    client = guest_of(person)
    first, second = Page(client), Page(client)
    first.save("first")
    second.save("second")

    assert second.save("second, longer") == 200
    assert first.save("first, longer") == 200

    assert texts(is_copy=False) == ["first, longer"]
    assert texts(is_copy=True) == ["second, longer"]


def test_a_tab_that_missed_the_answer_makes_no_second_copy(person: Person) -> None:
    client = guest_of(person)
    first, second = Page(client), Page(client)
    first.save("first")
    lost = (second.draft, second.revision)
    second.save("second")
    second.draft, second.revision = lost

    assert second.save("second, longer") == 200

    assert texts(is_copy=True) == ["second, longer"]


def test_two_tabs_with_the_same_text_have_no_conflict(person: Person) -> None:
    client = guest_of(person)
    first, second = Page(client), Page(client)
    first.save("same")

    assert second.save("same") == 200
    assert second.save("same and more") == 200

    assert texts() == ["same and more"]


def test_a_save_that_arrives_late_changes_nothing(client: Client) -> None:
    page = Page(client)
    page.save("first", step=1)
    page.save("third", step=3)

    assert page.save("second", step=2) == 200

    assert texts() == ["third"]


def test_a_page_s_own_save_is_no_conflict_although_its_answer_was_lost(client: Client) -> None:
    page = Page(client)
    lost = (page.draft, page.revision)
    page.save("first")
    page.draft, page.revision = lost

    assert page.save("second") == 200

    assert texts() == ["second"]


def test_a_replaced_draft_is_not_overwritten(person: Person) -> None:
    client = guest_of(person)
    old = Page(client)
    old.save("old draft")
    client.post(f"/drafts/{old.draft}/discard/")
    Page(client).save("new draft")

    # Both have revision 1, but they are different drafts.
    old.writer = "anotherpage"
    assert old.save("old page") == 409

    assert texts(is_copy=False, discarded_at=None) == ["new draft"]


def test_a_saved_prompt_has_its_own_draft(person: Person) -> None:
    prompt = saved_prompt(person, "saved words")
    client = guest_of(person)
    page = Page(client, prompt=prompt)
    assert page.text == "saved words"

    page.save("changed words")

    assert Page(client, prompt=prompt).text == "changed words"
    assert Page(client).draft == ""
    shown = client.get(f"/prompts/{prompt.pk}/").content.decode()
    assert "Back to version 1" in shown
    assert "There is a draft of" in client.get(f"/prompts/{prompt.pk}/v/1/").content.decode()
    page.save("saved words")
    assert not Draft.objects.exists()


def test_text_typed_on_a_deleted_prompt_is_kept(person: Person) -> None:
    prompt = saved_prompt(person, "saved words")
    client = guest_of(person)
    page = Page(client, prompt=prompt)
    prompt.delete()

    assert page.save("changed words") == 200

    assert Page(client).text == "changed words"


def test_discarding_is_undone(person: Person) -> None:
    client = guest_of(person)
    page = Page(client)
    page.save("precious")

    response = client.post(f"/drafts/{page.draft}/discard/")
    shown = client.get(response["Location"]).content.decode()

    assert response["Location"] == "/free/"
    assert "precious" not in shown
    assert f'action="/drafts/{page.draft}/restore/"' in shown
    assert Page(client).draft == ""
    Page(client).save("typed since")
    client.post(f"/drafts/{page.draft}/restore/")
    assert Page(client).text == "precious"
    assert texts(is_copy=True) == ["typed since"]


def test_a_late_save_does_not_restore_a_discarded_draft(person: Person) -> None:
    client = guest_of(person)
    page = Page(client)
    page.save("thrown away", step=2)
    client.post(f"/drafts/{page.draft}/discard/")

    assert page.save("thrown away", step=2) == 200
    assert page.answer["draft"] == ""
    assert page.save("typed since", step=3) == 200

    assert texts(discarded_at=None) == ["typed since"]


def test_old_discarded_drafts_are_deleted(person: Person) -> None:
    long_ago = timezone.now() - drafts.DISCARDED_FOR - timedelta(hours=1)
    state = free_state("old").to_json()
    Draft.objects.create(person=person, template="free", state=state, discarded_at=long_ago)
    page = Page(guest_of(person))
    page.save("new")

    guest_of(person).post(f"/drafts/{page.draft}/discard/")

    assert texts() == ["new"]


def test_the_number_of_drafts_is_limited(person: Person, settings: Any) -> None:
    settings.LIMIT_PERSON_DRAFTS = 1
    client = guest_of(person)
    Page(client).save("one")
    page = Page(client, template="qa")

    assert page.save("", question="Who?") == 409
    assert page.answer["error"]["code"] == "quota_reached"
    assert "at most 1 drafts" in page.answer["error"]["message"]


def test_a_draft_opens_where_it_belongs(person: Person) -> None:
    client = guest_of(person)
    page = Page(client)
    page.save("typed")

    assert client.get(f"/drafts/{page.draft}/")["Location"] == "/free/"


def test_a_runs_page_mentions_a_different_draft(person: Person) -> None:
    client = guest_of(person)
    run = make_run(person, status="succeeded", text=" more", prompt="Once upon a time")
    assert "There is a draft" not in client.get(f"/runs/{run.pk}/").content.decode()
    Page(client).save("something else")

    shown = client.get(f"/runs/{run.pk}/").content.decode()

    assert "There is a draft of" in shown
    assert "Once upon a time</textarea>" in shown


@pytest.mark.parametrize(
    "text", ["Once upon a time", "Once upon a time there was", "Once upon a time there was\n"]
)
def test_a_runs_page_continues_in_the_draft_of_its_text(person: Person, text: str) -> None:
    client = guest_of(person)
    run = make_run(
        person,
        status="succeeded",
        text=" there was",
        prompt="Once upon a time",
        fields={"inject_restart": "\n"},
        parameters=free_state("").parameters,
    )
    Page(client).save(text, inject_restart="\\n")

    page = Page(client, address=f"/runs/{run.pk}/")

    assert page.save("Once upon a time there was a fox") == 200
    assert texts() == ["Once upon a time there was a fox"]


def test_a_chats_reply_is_on_the_page_of_its_run(person: Person) -> None:
    client = guest_of(person)
    fields = {"setting": "A shop.", "turns": [["Customer", "Hello."]], "message": ""}
    parameters = default_parameters(TEMPLATES["chat"]).to_json()
    row = {"template": "chat", "fields": fields, "parameters": parameters}
    run = make_run(person, status="succeeded", text=" Hi.", **row)
    told = {"turns_speaker": ["Customer", "Agent"], "turns_text": ["Hello.", "Hi."]}
    Page(client, template="chat").save("", setting="A shop.", **told)

    page = client.get(f"/runs/{run.pk}/").content.decode()

    assert "Your draft of" in page


@pytest.mark.parametrize("writer", ["", "a b", "x" * 33, "é"])
def test_an_invalid_page_id_is_refused(client: Client, writer: str) -> None:
    assert Page(client).save("text", draft_writer=writer) == 400
