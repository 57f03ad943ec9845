"""Share links: made, read, revoked, expired; and the page that they show."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from playground.accounts.models import Person
from playground.library.forms import Details
from playground.library.models import Prompt
from playground.library.services import prompt_create
from playground.runs.models import Run
from playground.sharing.models import Share
from playground.sharing.shares import MAX_LINKS
from tests.conftest import make_run
from tests.library.saved import HTMX, free_state, guest_of, saved_prompt

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest(person: Person) -> Client:
    return guest_of(person)


def make_finished_run(prompt: Prompt, text: str, **values: object) -> Run:
    """A finished run of the prompt's head."""
    row = {"version_id": prompt.head_id, "status": "succeeded", "prompt": "Hello"}
    return make_run(prompt.person, **{**row, "text": text, **values})


def make_link(client: Client, prompt: Prompt, **choices: object) -> Share:
    response = client.post(f"/prompts/{prompt.pk}/share/", choices)
    assert response.status_code == 303
    return prompt.shares.order_by("-created_at").first()


def read(share: Share, part: str = "") -> str:
    """The page that a stranger gets through the link."""
    response = Client().get(f"/s/{share.token}/{part}")
    assert response.status_code == 200
    return response.content.decode()


def status(share: Share) -> int:
    return Client().get(f"/s/{share.token}/").status_code


# --- Making -----------------------------------------------------------------------------------


def test_a_new_link_has_128_random_bits(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person)

    tokens = {make_link(guest, prompt).token for _ in range(3)}

    assert len(tokens) == 3
    assert all(re.fullmatch(r"[\w-]{22}", token) for token in tokens)


def test_the_panel_lists_links_and_runs(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person, "Hello", "Hello again")
    make_finished_run(prompt, " The output of a run")
    share = make_link(guest, prompt, share_version="1", share_expires="week")

    panel = guest.get(f"/prompts/{prompt.pk}/share/", headers=HTMX).content.decode()

    assert f"http://testserver/s/{share.token}/" in panel
    assert "1 active link" in panel
    assert "version 1</span>" in panel
    assert "The output of a run" in panel
    assert "<html" not in panel
    assert "<html" in guest.get(f"/prompts/{prompt.pk}/share/").content.decode()


def test_the_pages_output_is_ticked_if_it_is_one_of_the_newest_version(
    guest: Client, person: Person
) -> None:
    prompt = saved_prompt(person, "Hello", "Hello again")
    old, new = prompt.versions.order_by("number")
    runs = {
        version: make_finished_run(prompt, "x", version_id=version.pk) for version in (old, new)
    }

    def ticked(run: Run) -> list[str]:
        address = f"/prompts/{prompt.pk}/share/?parent={run.pk}"
        panel = guest.get(address, headers=HTMX).content.decode()
        boxes = re.findall(r'name="share_run" value="([^"]+)"\s*([^>]*)>', panel)
        return [value for value, rest in boxes if "checked" in rest]

    assert ticked(runs[new]) == [str(runs[new].pk)]
    assert ticked(runs[old]) == []


@pytest.mark.parametrize(("choice", "days"), [("day", 1), ("week", 7), ("month", 30)])
def test_a_link_expires_at_the_chosen_time(
    guest: Client, person: Person, choice: str, days: int
) -> None:
    share = make_link(guest, saved_prompt(person), share_expires=choice)

    left = share.expires_at - timezone.now()

    assert timedelta(days=days) - timedelta(minutes=1) < left <= timedelta(days=days)


def test_a_link_lasts_to_the_end_of_its_last_day(guest: Client, person: Person) -> None:
    today = timezone.now().date()

    share = make_link(
        guest, saved_prompt(person), share_expires="date", share_until=today.isoformat()
    )

    assert share.expires_at > timezone.now()
    assert share.expires_at.date() == today + timedelta(days=1)


@pytest.mark.parametrize(
    "choices",
    [
        {"share_expires": "date"},
        {"share_expires": "date", "share_until": "2020-01-01"},
        {"share_expires": "date", "share_until": "2030-02-31"},
        {"share_expires": "date", "share_until": "9999-12-31"},
        {"share_expires": "soon"},
        {"share_version": "9"},
        {"share_version": "-1"},
        {"share_run": "no id"},
        {"share_run": "6b1c1f0e-7d51-4a52-9d6c-0f5f4c6a9d11"},
    ],
)
def test_invalid_options_of_a_link_are_refused(
    guest: Client, person: Person, choices: dict[str, str]
) -> None:
    prompt = saved_prompt(person)

    response = guest.post(f"/prompts/{prompt.pk}/share/", choices)

    assert response.status_code == 400
    assert "form-error" in response.content.decode()
    assert not Share.objects.exists()


def test_only_finished_runs_of_the_prompt_itself_can_be_chosen(
    guest: Client, person: Person, stranger: Person
) -> None:
    prompt = saved_prompt(person)
    others = [
        make_run(person, status="succeeded", text="Of no prompt"),
        make_finished_run(saved_prompt(person, title="Another"), "Of another prompt"),
        make_finished_run(prompt, "", status="running"),
        make_run(stranger, version_id=prompt.head_id, status="succeeded", text="Theirs"),
    ]

    for run in others:
        response = guest.post(f"/prompts/{prompt.pk}/share/", {"share_run": str(run.pk)})
        assert response.status_code == 400

    assert not Share.objects.exists()


def test_the_number_of_links_is_limited(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person)
    Share.objects.bulk_create([Share(person=person, prompt=prompt) for _ in range(MAX_LINKS)])

    assert guest.post(f"/prompts/{prompt.pk}/share/").status_code == 400


# --- Reading ----------------------------------------------------------------------------------


def test_a_link_shows_the_newest_version_or_the_one_it_was_made_for(
    guest: Client, person: Person
) -> None:
    prompt = saved_prompt(person, "The first text", "The second text")
    newest, fixed = make_link(guest, prompt), make_link(guest, prompt, share_version="1")
    assert "The second text" in read(newest)
    assert "The first text" in read(fixed)

    guest.post(f"/prompts/{prompt.pk}/save/", {"prompt": "The third text", "model": "tiny"})

    assert "The third text" in read(newest)
    assert "The first text" in read(fixed)
    assert "The third text" not in read(fixed)


def test_the_page_has_labels_variables_parameters_and_the_model(person: Person) -> None:
    state = free_state("Say {{greeting}} to\nall", temperature=0.35)
    details = Details(title="A title", description="What it\nis for")
    prompt = prompt_create(person=person, template="free", state=state, details=details)
    share = Share.objects.create(person=person, prompt=prompt)

    page = read(share)

    assert '<h1 dir="auto" translate="no">A title</h1>' in page
    assert '<span class="shared-variable">{{greeting}}</span>' in page
    assert "What it<br>is for" in page
    assert "0.35" in page
    assert "a guest</bdi>" in page
    assert "tiny" in page


def test_chosen_outputs_are_shown_and_no_others(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person)
    chosen = make_finished_run(prompt, "The chosen output", completion_tokens=7)
    make_finished_run(prompt, "Another output")

    share = make_link(guest, prompt, share_run=str(chosen.pk))

    page = read(share)
    assert "The chosen output" in page
    assert "7 tokens" in page
    assert "Another output" not in page


def test_branches_are_shown_if_they_were_chosen(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person)
    run = make_finished_run(prompt, "The trunk")
    run.tree = run.pk
    run.save()
    branch = make_run(
        person, parent=run, tree=run.pk, status="succeeded", text="A branch", prompt="Edited text"
    )
    make_run(person, parent=branch, tree=run.pk, status="succeeded", text="A twig", prompt="Twig")
    make_run(person, tree=run.pk, status="succeeded", text="A neighbour", prompt="Elsewhere")

    bare = read(make_link(guest, prompt, share_run=str(run.pk)))
    whole = read(make_link(guest, prompt, share_run=str(run.pk), share_branches="1"))

    assert "The trunk" in bare
    assert not re.search("A branch|A twig|A neighbour|Edited text", bare)
    assert all(text in whole for text in ("The trunk", "A branch", "A twig", "Edited text"))
    assert "2 branches" in whole
    assert "A neighbour" not in whole


def test_a_run_that_its_owner_deletes_leaves_the_page(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person)
    run = make_finished_run(prompt, "Soon gone")
    share = make_link(guest, prompt, share_run=str(run.pk))
    assert "Soon gone" in read(share)

    run.delete()

    assert "Soon gone" not in read(share)


def test_a_page_takes_few_queries_however_much_it_shows(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person)
    runs = [make_finished_run(prompt, f"Output {number}") for number in range(20)]
    for run in runs:
        Run.objects.filter(pk=run.pk).update(tree=run.pk)
        make_run(person, parent=run, tree=run.pk, status="succeeded", text="Branch")
    share = make_link(guest, prompt, share_run=[str(run.pk) for run in runs], share_branches="1")

    with CaptureQueriesContext(connection) as queries:
        page = read(share)

    assert page.count("Branch") >= 20
    assert len(queries) < 10


def test_reading_creates_no_person_and_sets_no_cookie_of_one(guest: Client, person: Person) -> None:
    share = make_link(guest, saved_prompt(person))
    stranger = Client()

    for part in ("", "open/", "fork/", "preview.png"):
        response = stranger.get(f"/s/{share.token}/{part}")
        assert response.status_code == 200
        assert "person" not in response.cookies

    assert Person.objects.count() == 1


def test_the_answer_is_private_and_sends_no_referrer(guest: Client, person: Person) -> None:
    share = make_link(guest, saved_prompt(person))

    response = Client().get(f"/s/{share.token}/")

    assert "private" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Referrer-Policy"] == "no-referrer"


def test_opening_in_the_playground_saves_nothing(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person, "A text to go on with")
    page = read(make_link(guest, prompt), "open/")

    assert "A text to go on with" in page
    assert 'action="/free/run/"' in page
    assert str(prompt.pk) not in page
    assert Prompt.objects.count() == 1


# --- Closing ----------------------------------------------------------------------------------


def test_a_revoked_link_is_closed_from_the_next_request_on(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person)
    revoked, kept = make_link(guest, prompt), make_link(guest, prompt)

    response = guest.post(f"/prompts/{prompt.pk}/share/{revoked.pk}/revoke/", headers=HTMX)

    assert "revoked" in response.content.decode()
    assert status(revoked) == 404
    assert status(kept) == 200


def test_revoking_twice_keeps_the_first_moment(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person)
    share = make_link(guest, prompt)
    path = f"/prompts/{prompt.pk}/share/{share.pk}/revoke/"
    guest.post(path)
    share.refresh_from_db()
    first = share.revoked_at

    assert guest.post(path).status_code == 303

    share.refresh_from_db()
    assert share.revoked_at == first


def test_a_link_of_another_prompt_is_not_revoked_here(guest: Client, person: Person) -> None:
    one, other = saved_prompt(person), saved_prompt(person, title="Other")
    share = make_link(guest, other)

    assert guest.post(f"/prompts/{one.pk}/share/{share.pk}/revoke/").status_code == 404
    assert status(share) == 200


def test_an_expired_link_is_closed(guest: Client, person: Person) -> None:
    share = make_link(guest, saved_prompt(person), share_expires="day")
    assert status(share) == 200

    Share.objects.update(expires_at=timezone.now())

    assert status(share) == 404


def test_make_private_closes_everything(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person)
    links = [make_link(guest, prompt) for _ in range(2)]
    Prompt.objects.filter(pk=prompt.pk).update(published_at=timezone.now())

    guest.post(f"/prompts/{prompt.pk}/private/")

    assert [status(link) for link in links] == [404, 404]
    assert Client().get(f"/gallery/{prompt.pk}/").status_code == 404


def test_a_deleted_prompt_takes_its_links_along(guest: Client, person: Person) -> None:
    prompt = saved_prompt(person)
    share = make_link(guest, prompt)

    guest.post(f"/prompts/{prompt.pk}/archive/")
    assert status(share) == 200
    guest.post(f"/prompts/{prompt.pk}/delete/")

    assert status(share) == 404
