"""The pages: what they show, what they take, and how what people write is shown."""

import io
import re
import zipfile
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from playground.accounts.models import Person, User
from playground.accounts.people import COOKIE, cookie_value
from playground.checkpoints.adapter_files import folder_of
from playground.checkpoints.models import Worker
from playground.core.configuration.mail_url import mail_server
from playground.core.configuration.price import price
from playground.finetunes.models import FineTune, FineTuneEvent, FineTuneMail
from tests.finetunes.conftest import make_finetune, make_version, register_worker
from tests.finetunes.test_services import make_adapter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

SCRIPT = "<script>alert(1)</script>"
EVALUATION = {
    "verdict": {"outcome": "nothing", "sentence": "It learnt nothing.", "rule": "By the rule."},
    "measured": 2,
    "classification": {
        "labels": ["a", SCRIPT],
        "base": {
            "how": "by score",
            "accuracy": {"value": 0.5, "low": 0.1, "high": 0.9},
            "macro_f1": {"value": 0.5, "low": 0.1, "high": 0.9},
            "confusion": [[1, 0, 0], [1, 0, 0]],
        },
        "tuned": {
            "how": "by text",
            "accuracy": {"value": 1.0, "low": 0.3, "high": 1.0},
            "macro_f1": {"value": 1.0, "low": 0.3, "high": 1.0},
            "confusion": [[1, 0, 0], [0, 1, 0]],
        },
    },
    "outputs": [
        {
            "prompt": SCRIPT,
            "expected": SCRIPT,
            "base": SCRIPT,
            "tuned": SCRIPT,
            "base_ended": False,
            "tuned_ended": True,
            "right": False,
        }
    ],
    "mistakes": [
        {"row": 7, "prompt": SCRIPT, "label": SCRIPT, "suggested": "a", "probability": 0.95}
    ],
    "mistakes_looked": 20,
    "notes": [SCRIPT],
}


@pytest.fixture
def client(person: Person) -> Client:
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


def page(client: Client, finetune: FineTune, name: str = "finetune", **headers: str) -> str:
    response = client.get(reverse(f"finetunes:{name}", args=[finetune.pk]), headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def post(client: Client, **values: str) -> Any:
    return client.post(reverse("finetunes:new"), values)


def test_somebody_without_anything_is_led_to_the_datasets(client: Client) -> None:
    text = client.get(reverse("finetunes:list")).content.decode()

    assert "No fine-tunes yet" in text
    assert "Add a dataset first" in text


def test_the_list_says_state_and_place(client: Client, person: Person) -> None:
    make_finetune(person)
    make_finetune(person, name="Second")

    text = client.get(reverse("finetunes:list")).content.decode()

    assert "It is next." in text
    assert "1 fine-tune is trained before it." in text


def test_the_form_says_everything_before_the_start(client: Client, person: Person) -> None:
    make_version(person)

    text = client.get(reverse("finetunes:new")).content.decode()

    for fact in ("Rows", "Held out", "Sequences", "Steps", "Tokens", "Time", "Memory", "Cost"):
        assert f"<dt>{fact}</dt>" in text
    assert "Recommended:" in text
    assert "Default 0.05" in text


def test_the_cost_is_the_time_of_the_device_where_no_price_is_set(
    client: Client, person: Person
) -> None:
    make_version(person)

    text = client.get(reverse("finetunes:new")).content.decode()

    assert re.search(r"<dt>Cost</dt>\s*<dd>about [^<]+ of this server.s processor</dd>", text)


def test_the_cost_is_the_operators_price_times_the_time(
    client: Client, person: Person, settings: Settings
) -> None:
    settings.FINETUNE_COST_PER_HOUR = price("360.00 EUR")
    version = make_version(person)

    post(client, version=str(version.pk), duration="epochs", epochs="1")

    plan = FineTune.objects.get().plan
    assert plan["cost"] == f"about {plan['seconds'] / 10:.2f} EUR"


def test_what_cannot_fit_is_said_before_the_start_and_does_not_start(
    client: Client, person: Person
) -> None:
    register_worker()
    Worker.objects.update(memory_total=64 << 20)
    version = make_version(person)

    planned = client.get(reverse("finetunes:plan"), {"version": str(version.pk)}).content.decode()
    started = post(client, version=str(version.pk))

    assert "Choose a smaller base." in planned
    assert started.status_code == 400
    assert not FineTune.objects.exists()


WISH = "Send me an e-mail when it ends"


def form_text(client: Client) -> str:
    return client.get(reverse("finetunes:new")).content.decode()


@pytest.fixture
def ann(client: Client, person: Person) -> User:
    """The person has an account with an address that is not confirmed."""
    user = User.objects.create_user("ann", email="ann@example.org")
    EmailAddress.objects.create(user=user, email=user.email, primary=True)
    Person.objects.filter(pk=person.pk).update(user=user)
    client.force_login(user)
    return user


@pytest.fixture
def with_mail(settings: Settings) -> None:
    settings.MAIL = mail_server("smtp://mail.example.org")


def test_without_a_mail_server_no_message_is_offered(
    client: Client, person: Person, ann: User
) -> None:
    EmailAddress.objects.update(verified=True)
    make_version(person)

    assert "e-mail" not in form_text(client)


@pytest.mark.usefixtures("with_mail", "ann")
def test_an_address_has_to_be_confirmed_first(client: Client, person: Person) -> None:
    make_version(person)

    text = form_text(client)

    assert WISH not in text
    assert f'<a href="{reverse("account")}">on your account' in text


@pytest.mark.usefixtures("with_mail", "ann")
def test_a_message_is_sent_to_whom_ticks_the_box(client: Client, person: Person) -> None:
    EmailAddress.objects.update(verified=True)
    version = make_version(person)
    assert WISH in form_text(client)

    post(client, version=str(version.pk), mail="1")
    post(client, version=str(version.pk))

    mail = FineTuneMail.objects.get()
    assert mail.link == f"http://testserver/finetunes/{mail.finetune_id}/"


@pytest.mark.usefixtures("with_mail", "ann")
def test_the_box_stays_ticked_on_a_form_that_comes_back(client: Client, person: Person) -> None:
    EmailAddress.objects.update(verified=True)
    version = make_version(person)

    refused = post(client, version=str(version.pk), mail="1", rank="x").content.decode()

    assert re.search(r'name="mail" value="1" checked', refused)


def test_the_form_starts_one(client: Client, person: Person) -> None:
    version = make_version(person)

    response = post(client, version=str(version.pk), name="Mail", duration="epochs", epochs="2")

    finetune = FineTune.objects.get()
    assert response["Location"] == reverse("finetunes:finetune", args=[finetune.pk])
    assert (finetune.name, finetune.options["epochs"], finetune.base) == ("Mail", 2.0, "tiny")


def test_minutes_go_before_epochs(client: Client, person: Person) -> None:
    version = make_version(person)

    post(client, version=str(version.pk), duration="minutes", minutes="1.5", epochs="2")

    assert FineTune.objects.get().options["minutes"] == 1.5


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("rate", value) for value in ("0", "2", "nan", "inf", "x", "1e999")),
        *(("rank", value) for value in ("0", "1.5", "9999", "-1")),
        ("epochs", "0"),
        ("epochs", "501"),
        ("name", "x" * 121),
        ("note", "x" * 2_001),
        ("name", "a\0b"),
        ("base", "huge"),
        ("version", "none"),
    ],
)
def test_what_cannot_be_is_refused_with_the_field_and_nothing_starts(
    client: Client, person: Person, field: str, value: str
) -> None:
    version = make_version(person)

    response = post(client, **{"version": str(version.pk), "duration": "epochs", field: value})

    assert response.status_code == 400
    assert not FineTune.objects.exists()
    assert "form-error" in response.content.decode()


def test_nobody_trains_on_the_dataset_of_another(
    client: Client, stranger: Person, person: Person
) -> None:
    version = make_version(stranger)
    make_version(person)

    response = post(client, version=str(version.pk))

    assert response.status_code == 400
    assert "Choose a dataset." in response.content.decode()
    assert not FineTune.objects.exists()


def test_the_plan_follows_the_form(client: Client, person: Person) -> None:
    version = make_version(person)
    values = {"version": str(version.pk), "duration": "epochs", "epochs": "7"}

    text = client.get(reverse("finetunes:plan"), values).content.decode()

    assert "in 7 epochs" in text


def test_the_plan_says_what_is_refused(client: Client, person: Person) -> None:
    version = make_version(person)
    values = {"version": str(version.pk), "duration": "epochs", "rank": "0"}

    text = client.get(reverse("finetunes:plan"), values).content.decode()

    assert "Rank: write a whole number from 1 to 256." in text


def test_try_again_brings_the_settings_back(client: Client, person: Person) -> None:
    options = {"epochs": 4.0, "rank": 8, "alpha": 16.0, "rate": 0.003}
    finetune = make_finetune(person, status="failed", options=options, name="Mail")

    text = client.get(reverse("finetunes:new"), {"again": str(finetune.pk)}).content.decode()

    assert 'name="rank" value="8"' in text
    assert 'name="epochs" value="4"' in text
    assert 'value="Mail"' in text


def test_a_page_is_whole_without_scripts(client: Client, person: Person) -> None:
    finetune = make_finetune(
        person, status="running", progress={"step": 3, "steps": 10, "loss": 1.25}
    )
    for step in range(1, 4):
        FineTuneEvent.objects.create(
            finetune=finetune, n=step, kind="step", step=step, data={"loss": 2.0 / step}
        )
    FineTuneEvent.objects.create(
        finetune=finetune, n=4, kind="sample", step=3, data={"prompt": "Q:", "text": " yes"}
    )

    text = page(client, finetune)

    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in text
    assert "Step 3 of 10" in text
    assert '<th scope="row">3</th><td>0.667</td>' in text
    assert " yes" in text
    assert "Stop, keep best" in text


def test_a_final_page_does_not_refresh(client: Client, person: Person) -> None:
    assert "http-equiv" not in page(client, make_finetune(person, status="failed"))


def test_it_says_plainly_that_nothing_was_learnt(client: Client, person: Person) -> None:
    finetune = make_finetune(person, status="succeeded", result={"evaluation": EVALUATION})

    text = page(client, finetune)

    assert "notice--warning" in text
    assert "It learnt nothing." in text


@pytest.mark.parametrize(
    "value", [None, [], "x", {"verdict": []}, {"classification": {"labels": 1}}]
)
def test_an_evaluation_of_another_form_breaks_no_page(
    client: Client, person: Person, value: object
) -> None:
    page(client, make_finetune(person, status="succeeded", result={"evaluation": value}))


def test_what_people_and_models_write_is_text(client: Client, person: Person) -> None:
    finetune = make_finetune(
        person,
        name=SCRIPT,
        note=SCRIPT,
        status="failed",
        error_message=SCRIPT,
        result={"evaluation": EVALUATION},
    )
    for n, kind in enumerate(("log", "sample"), start=1):
        data = {"text": SCRIPT, "prompt": SCRIPT, "step": 1, "level": "warning"}
        FineTuneEvent.objects.create(finetune=finetune, n=n, kind=kind, step=1, data=data)

    for name in ("finetune", "live", "edit", "delete"):
        assert SCRIPT not in page(client, finetune, name)
    assert SCRIPT not in client.get(reverse("finetunes:list")).content.decode()
    again = client.get(reverse("finetunes:new"), {"again": str(finetune.pk)})
    assert SCRIPT not in again.content.decode()


@pytest.mark.parametrize("name", ["stop", "cancel", "move", "edit", "delete"])
def test_a_form_of_another_site_changes_nothing(person: Person, name: str) -> None:
    finetune = make_finetune(person)
    client = Client(enforce_csrf_checks=True)
    client.cookies[COOKIE] = cookie_value(person.pk)

    response = client.post(reverse(f"finetunes:{name}", args=[finetune.pk]), {"name": "x"})

    assert response.status_code == 403
    assert FineTune.objects.get().name == "Topics"


@pytest.mark.parametrize("name", ["stop", "cancel", "move"])
def test_looking_changes_nothing(client: Client, person: Person, name: str) -> None:
    finetune = make_finetune(person)

    assert client.get(reverse(f"finetunes:{name}", args=[finetune.pk])).status_code == 405


def test_renaming_and_deleting(client: Client, person: Person) -> None:
    finetune = make_finetune(person, status="succeeded")
    edit = reverse("finetunes:edit", args=[finetune.pk])

    empty = client.post(edit, {"name": " "})
    client.post(edit, {"name": "Mail", "note": "of May"})
    renamed = FineTune.objects.get()
    client.post(reverse("finetunes:delete", args=[finetune.pk]))

    assert empty.status_code == 400
    assert (renamed.name, renamed.note) == ("Mail", "of May")
    assert not FineTune.objects.exists()


async def body_of(response: Any) -> bytes:
    assert isinstance(response, StreamingHttpResponse)
    return b"".join([part async for part in response])


@pytest.mark.django_db(transaction=True)
async def test_figures_and_files_can_be_taken_away(person: Person) -> None:
    from asgiref.sync import sync_to_async

    finetune = await sync_to_async(make_finetune)(person, status="succeeded", name="Mail; rm -rf /")
    adapter = await sync_to_async(make_adapter)(person, finetune)
    await FineTuneEvent.objects.acreate(
        finetune=finetune, n=1, kind="step", step=1, data={"step": 1, "loss": 0.5, "rate": "=1+1"}
    )
    folder = folder_of(adapter.folder)
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text("{}")
    (folder / "adapter_model.safetensors").write_bytes(b"w" * 1_000_000)
    client = AsyncClient()
    client.cookies[COOKIE] = cookie_value(person.pk)

    table = await client.get(reverse("finetunes:results", args=[finetune.pk]))
    archive = await client.get(reverse("finetunes:adapter", args=[finetune.pk]))

    lines = (await body_of(table)).decode().splitlines()
    assert lines[1].startswith("step,1,,0.5,")
    assert "'=1+1" in lines[1]
    assert archive["Content-Disposition"] == 'attachment; filename="mail-rm-rf.zip"'
    with zipfile.ZipFile(io.BytesIO(await body_of(archive))) as files:
        assert files.testzip() is None
        assert files.read("adapter_model.safetensors") == b"w" * 1_000_000


def test_there_is_no_archive_without_a_model(client: Client, person: Person) -> None:
    finetune = make_finetune(person)

    response = client.get(reverse("finetunes:adapter", args=[finetune.pk]))

    assert response.status_code == 404


def test_a_model_in_use_is_shared_from_its_page(client: Client, person: Person) -> None:
    finetune = make_finetune(person, status="succeeded")
    adapter = make_adapter(person, finetune)

    shown = page(client, finetune)

    address = reverse("sharing:model_sharing", args=[adapter.pk])
    assert f'href="{address}"' in shown
    assert client.get(address).status_code == 200
