"""The pages before a run."""

import re

import pytest
from django.test import Client

from playground.accounts.models import Person
from playground.prompts.catalog import TEMPLATES
from playground.runs.models import Run
from tests.support.markup import flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

HOOKS = ("prompt", "run", "stop", "retry", "output", "status", "tokens", "model")
HTMX = {"HX-Request": "true"}
SLUGS = pytest.mark.parametrize("slug", list(TEMPLATES))


def default_post(client: Client, slug: str) -> dict[str, list[str]]:
    """The fields that a browser without scripts would post from the page."""
    page = client.get(f"/{slug}/").content.decode()
    fields: dict[str, list[str]] = {}
    pattern = r'<textarea[^>]*?name="([^"]+)"[^>]*>\n(.*?)</textarea>'
    for name, value in re.findall(pattern, page, flags=re.DOTALL):
        fields.setdefault(name, []).append(_unescape(value))
    for tag in re.findall(r"<input[^>]*>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_choice = attributes.get("type") in ("radio", "checkbox")
        if "name" in attributes and (not is_choice or " checked" in tag):
            value = _unescape(attributes.get("value", ""))
            fields.setdefault(attributes["name"], []).append(value)
    return fields


def _unescape(text: str) -> str:
    import html

    return html.unescape(text)


def run_defaults(client: Client, slug: str, **changes: object) -> Run:
    response = client.post(f"/{slug}/run/", {**default_post(client, slug), **changes})
    assert response.status_code == 303, response.content.decode()[:500]
    return Run.objects.get(pk=response["Location"].split("/")[2])


def test_home_links_every_template(client: Client) -> None:
    page = client.get("/").content.decode()

    for slug in TEMPLATES:
        assert f'href="/{slug}/" data-testid="template-{slug}"' in page


@SLUGS
def test_a_page_has_every_hook_once(client: Client, slug: str) -> None:
    page = client.get(f"/{slug}/").content.decode()

    counts = {hook: page.count(f'data-testid="{hook}"') for hook in HOOKS}
    assert counts == dict.fromkeys(HOOKS, 1)
    for other in TEMPLATES:
        assert page.count(f'data-testid="template-{other}"') == 1


@SLUGS
def test_a_page_makes_no_person_and_no_run(client: Client, slug: str) -> None:
    client.get(f"/{slug}/")
    client.post(f"/{slug}/preview/", {"prompt": "Hello"}, headers=HTMX)
    client.post(f"/{slug}/", {"prompt": "Hello"})

    assert not Person.objects.exists()
    assert not Run.objects.exists()


@SLUGS
def test_a_page_has_nothing_that_the_policy_forbids(client: Client, slug: str) -> None:
    page = client.get(f"/{slug}/").content.decode()

    assert not re.search(r"<[^>]+\sstyle=", page)
    assert not re.search(r"<[^>]+\son\w+=", page)
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


@SLUGS
def test_the_default_example_runs_without_scripts(client: Client, slug: str) -> None:
    template = TEMPLATES[slug]

    run = run_defaults(client, slug)

    assert run.prompt == template.build(template.example)
    assert run.template == slug
    assert run.model == "tiny"
    assert run.parameters["stop"] == list(template.stop)
    assert run.parameters["temperature"] == template.parameters["temperature"]
    assert not run.seed_pinned


def test_the_raw_prompt_is_ignored_while_the_fields_are_used(client: Client) -> None:
    run = run_defaults(client, "qa", prompt="Something else")

    assert run.prompt.startswith("Text: Lena")


def test_a_detached_prompt_is_run_as_it_is(client: Client) -> None:
    run = run_defaults(client, "qa", prompt="Something\r\nelse", detached="1")

    assert run.prompt == "Something\nelse"
    assert run.fields["detached"] is True


def test_htmx_gets_the_panel_and_the_run_s_address(client: Client) -> None:
    response = client.post("/free/run/", default_post(client, "free"), headers=HTMX)

    run = Run.objects.get()
    page = response.content.decode()
    assert response["HX-Push-Url"] == f"/runs/{run.pk}/"
    assert f'id="run-panel" aria-label="Completion" data-output="text" data-run="{run.pk}"' in flat(
        page
    )
    assert 'data-status="queued" data-epoch="1" data-next="1" data-final="no"' in flat(page)
    assert "<html" not in page


def test_a_sent_message_moves_into_the_conversation(client: Client) -> None:
    response = client.post("/chat/run/", default_post(client, "chat"), headers=HTMX)

    page = response.content.decode()
    assert 'id="fields" class="fields" hx-swap-oob="true"' in page
    assert page.count('class="turn turn--') == 3
    message = re.search(
        r'<textarea[^>]*name="message"[^>]*>\n(.*?)</textarea>', page, flags=re.DOTALL
    )
    assert message
    assert message[1] == ""
    assert "hx-preserve" not in message[0]


def test_a_chosen_model_is_run_and_kept_on_the_way(client: Client) -> None:
    page = client.get("/qa/?model=other").content.decode()

    run = run_defaults(client, "qa", model="other")

    assert run.model == "other"
    assert 'href="/sql/?model=other"' in page


def test_an_unknown_model_is_refused(client: Client) -> None:
    response = client.post("/free/run/", {"prompt": "Hello", "model": "../../etc"}, headers=HTMX)

    assert response.status_code == 400
    assert 'data-field="model"' in response.content.decode()


def test_an_address_with_an_unknown_model_shows_the_default(client: Client) -> None:
    assert client.get("/free/?model=gone").status_code == 200


def test_an_error_points_at_its_field(client: Client) -> None:
    fields = {**default_post(client, "qa"), "question": ""}

    response = client.post("/qa/run/", fields, headers=HTMX)

    assert response.status_code == 400
    assert 'data-field="question"' in response.content.decode()
    assert not Run.objects.exists()


def test_without_scripts_an_error_keeps_what_was_typed(client: Client) -> None:
    fields = {**default_post(client, "qa"), "question": "", "knowledge": "Typed by hand."}

    response = client.post("/qa/run/", fields)

    page = response.content.decode()
    assert response.status_code == 400
    assert "Ask a question." in page
    assert "Typed by hand." in page


def test_too_many_runs_say_when_to_try_again(client: Client, settings: object) -> None:
    settings.LIMIT_PERSON_ACTIVE = 1  # type: ignore[attr-defined]
    run_defaults(client, "free")

    response = client.post("/free/run/", default_post(client, "free"))

    assert response.status_code == 429
    assert response["Retry-After"] == "5"
    assert "Try again in 5 s." in response.content.decode()


@pytest.mark.parametrize("path", ["/free/run/", "/free/preview/"])
def test_a_get_changes_nothing(client: Client, path: str) -> None:
    assert client.get(path).status_code == 405


def test_a_form_of_another_site_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    client.get("/free/")

    answer = client.post("/free/run/", {"prompt": "Hello"})

    assert answer.status_code == 403
    assert "or of another site. Reload it." in answer.content.decode()


def test_a_browser_without_cookies_gets_an_explanation() -> None:
    answer = Client(enforce_csrf_checks=True).post("/free/run/", {"prompt": "Hello"})

    assert answer.status_code == 403
    assert "Allow this site to keep cookies" in answer.content.decode()


def test_the_preview_shows_the_finished_prompt_and_its_tokens(client: Client) -> None:
    response = client.post("/translation/preview/", {"sentence": "A <b> & c"}, headers=HTMX)

    page = response.content.decode()
    assert "\nEnglish: A &lt;b&gt; &amp; c\nFrench:</textarea>" in page
    assert f"<b>{len('English: A <b> & c' + 'French:') + 1}</b>/ 2048" in flat(page)


def test_the_preview_of_something_half_typed_is_no_error(client: Client) -> None:
    response = client.post("/free/preview/", {"prompt": "a", "max_tokens": "many"}, headers=HTMX)

    assert response.status_code == 200
    assert "Maximum length must be a whole number" in response.content.decode()


def test_the_preview_says_how_many_turns_are_left_out(client: Client) -> None:
    fields = {
        "setting": "A shop.",
        "turns_speaker": ["Customer", "Agent"] * 60,
        "turns_text": ["a long turn " * 3] * 120,
        "message": "Hello?",
    }

    page = client.post("/chat/preview/", fields, headers=HTMX).content.decode()

    assert re.search(r'data-dropped="\d\d"', page)
    assert "oldest turns left out of the prompt" in page


def test_a_button_adds_a_row_without_scripts(client: Client) -> None:
    fields = default_post(client, "translation")

    page = client.post("/translation/", {**fields, "add": "examples"}).content.decode()

    assert page.count('name="examples_given"') == 4
    assert page.count("autofocus") == 1


def test_a_prompt_opens_on_the_free_page(client: Client) -> None:
    fields = default_post(client, "translation")

    page = client.post("/free/", {**fields, "from": "translation"}).content.decode()

    template = TEMPLATES["translation"]
    assert _unescape(page).count(template.build(template.example)) == 1
    assert '<textarea class="input mono no-js" id="parameter-stop"' in page
    assert "\n\\n</textarea>" in page


def test_the_menu_is_not_sent_again_while_nothing_changed(client: Client) -> None:
    page = client.get("/models/menu/").content.decode()
    seen = re.search(r"seen=(\w+)", page)
    assert seen

    again = client.get(f"/models/menu/?seen={seen[1]}")

    assert again.status_code == 204
    assert client.get(f"/models/menu/?seen={seen[1]}&model=other").status_code == 200


def test_a_page_says_that_there_is_no_worker(client: Client) -> None:
    assert "No worker serves tiny right now." in client.get("/free/").content.decode()
