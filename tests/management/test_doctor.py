"""``manage.py doctor``: each fault in words, with what to do."""

import io
import json
import re
import threading
import uuid
from datetime import timedelta
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest
import redis
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pytest_django.fixtures import Settings

from playground.accounts.models import Person, User
from playground.checkpoints.models import Worker
from playground.core.configuration.redis_url import redis_address
from playground.management import examination
from tests.support.checkpoints import write_text_side
from tests.support.mail_server import serving_mail, set_up_mail


def consult() -> tuple[str, int]:
    """The doctor's report, one finding with its advice a line, and the exit status."""
    said = io.StringIO()
    status = 0
    try:
        call_command("doctor", stdout=said, no_color=True)
    except SystemExit as end:
        status = int(end.code or 0)
    return said.getvalue().replace("\n       -> ", " -> "), status


def line_about(part: str) -> str:
    said, _ = consult()
    lines = [line for line in said.splitlines() if line[7:].startswith(f"{part}:")]
    return "\n".join(lines)


@pytest.fixture(autouse=True)
def healthy(tmp_path: Path, settings: Settings, redis_client: redis.Redis, db: None) -> None:
    """An installation without faults; each test breaks one thing."""
    write_text_side(tmp_path / "tiny")
    (tmp_path / "tiny" / "model.safetensors").touch()
    settings.MODELS_FILE = tmp_path / "models.toml"
    settings.MODELS_FILE.write_text('[models.tiny]\npath = "tiny"\n')
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "app.js").touch()
    settings.STATICFILES_DIRS = [tmp_path / "dist"]
    # Whatever listens on the usual port of this machine is not ours.
    settings.PORT = 0
    add_worker()


def add_worker(
    name: str = "tiny-cpu@host",
    model: str = "tiny",
    state: str = Worker.State.READY,
    detail: str = "",
    age: float = 0.0,
) -> Worker:
    return Worker.objects.create(
        name=name,
        incarnation=uuid.uuid4(),
        model=model,
        device="cpu",
        state=state,
        detail=detail,
        slots=2,
        heartbeat_at=timezone.now() - timedelta(seconds=age),
    )


def test_a_healthy_installation_has_no_findings() -> None:
    said, status = consult()

    assert status == 0
    assert said.endswith("All is well.\n")
    assert "WRONG" not in said
    assert "worker tiny-cpu@host: Serves tiny on cpu; heartbeat 0." in said


def test_faults_are_counted_and_set_the_exit_status(tmp_path: Path) -> None:
    (tmp_path / "dist" / "app.js").unlink()
    Worker.objects.all().delete()

    said, status = consult()

    assert status == 1
    assert said.endswith("2 things are wrong.\n")


def test_a_missing_front_end(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "dist" / "app.js").unlink()

    assert line_about("front end") == (
        "WRONG  front end: It is not built, so pages look bare. -> Run: make front"
    )


def test_pending_migrations() -> None:
    MigrationRecorder(connection).migration_qs.filter(app="runs").delete()

    said = line_about("database")

    assert said.startswith("WRONG  database: ")
    assert re.search(r"lacks \d+ migrations\. -> Run: python manage\.py migrate", said)


def test_an_unreachable_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OperationalError("connection refused\n")

    monkeypatch.setattr(examination, "pending_migrations", refuse)

    said = line_about("database")

    assert "cannot be used: connection refused. -> Check DATABASE_URL" in said


def test_an_embedded_server_that_does_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings
) -> None:
    away = redis.Redis(unix_socket_path=str(tmp_path / "away.sock"))
    monkeypatch.setattr(examination, "blocking", lambda: away)
    settings.EMBEDDED_SOCKET = tmp_path / "away.sock"
    settings.REDIS = redis_address("", settings.EMBEDDED_SOCKET)
    settings.VAR_DIR = tmp_path

    said = line_about("redis")

    assert said == (
        f"WRONG  redis: The embedded Valkey's socket {tmp_path}/away.sock cannot be opened: "
        f"nothing runs in {tmp_path}. Start it: make run, or manage.py up."
    )


def test_a_server_of_the_operator_that_does_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings
) -> None:
    settings.REDIS = redis_address(f"unix://{tmp_path / 'away.sock'}", settings.EMBEDDED_SOCKET)
    away = redis.Redis(**settings.REDIS.client_arguments())
    monkeypatch.setattr(examination, "blocking", lambda: away)

    said = line_about("redis")

    assert said.startswith("WRONG  redis: The server of REDIS_URL does not answer: ")
    assert said.endswith("-> Check REDIS_URL, and that it runs.")


def test_a_server_that_evicts(redis_client: redis.Redis) -> None:
    redis_client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        said = line_about("redis")
    finally:
        redis_client.config_set("maxmemory-policy", "noeviction")

    assert "throws entries away when it is full (allkeys-lru)" in said
    assert said.endswith("-> Set maxmemory-policy to noeviction.")


def test_a_server_that_is_nearly_full(redis_client: redis.Redis) -> None:
    before = redis_client.config_get("maxmemory")["maxmemory"]
    used = int(redis_client.info("memory")["used_memory"])
    redis_client.config_set("maxmemory", int(used * 1.02))
    try:
        said = line_about("redis")
    finally:
        redis_client.config_set("maxmemory", before)

    assert said.startswith("WRONG  redis: The embedded Valkey is nearly full: ")
    assert said.endswith("-> Raise EMBEDDED_REDIS_MEMORY_MB.")


def test_a_registry_that_cannot_be_read(settings: Settings, tmp_path: Path) -> None:
    settings.MODELS_FILE = tmp_path / "nowhere.toml"

    said = line_about("models")

    assert f"The model registry {tmp_path / 'nowhere.toml'} cannot be read" in said
    assert said.endswith("-> Fix the file, or set MODELS_FILE to another.")


def test_missing_weights_are_named(tmp_path: Path) -> None:
    Worker.objects.all().delete()
    (tmp_path / "tiny" / "model.safetensors").unlink()

    said = line_about("model tiny")

    assert f"WRONG  model tiny: model.safetensors missing in {tmp_path / 'tiny'}." in said


def test_each_missing_shard_is_named(tmp_path: Path) -> None:
    Worker.objects.all().delete()
    folder = tmp_path / "tiny"
    (folder / "model.safetensors").unlink()
    shards = {"a": "model-1-of-3.safetensors", "b": "model-2-of-3.safetensors"}
    index = {"weight_map": {**shards, "c": "model-3-of-3.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model-2-of-3.safetensors").touch()

    said = line_about("model tiny")

    assert "model-1-of-3.safetensors, model-3-of-3.safetensors missing in" in said


def test_weights_on_another_machine_are_no_fault(tmp_path: Path) -> None:
    (tmp_path / "tiny" / "model.safetensors").unlink()

    said, status = consult()

    assert status == 0
    assert "note   model tiny: model.safetensors missing here; a worker has it." in said


def test_a_tokenizer_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "tiny" / "tokenizer.json").write_text("{")

    said = line_about("model tiny")

    assert said.startswith("WRONG  model tiny: ")
    assert "cannot be read" in said
    assert said.endswith("-> Copy the tokenizer's files beside the weights.")


def test_no_worker() -> None:
    Worker.objects.all().delete()

    assert line_about("model tiny").endswith(
        "WRONG  model tiny: No worker serves it. "
        "-> Run: make run, or: python manage.py worker --model tiny --device cpu"
    )


def test_a_worker_whose_heartbeat_stopped_is_no_worker(settings: Settings) -> None:
    Worker.objects.all().delete()
    add_worker(age=settings.LEASE_SECONDS + 60)

    assert "No worker serves it." in line_about("model tiny")


def test_a_model_that_is_not_served_here_needs_no_worker(settings: Settings) -> None:
    Worker.objects.all().delete()
    settings.MODELS_FILE.write_text('[models.spare]\npath = "tiny"\nserve = false\n')

    said, status = consult()

    assert status == 0
    assert "note   model spare: No worker serves it." in said


def test_a_worker_that_is_not_ready_says_why() -> None:
    Worker.objects.all().delete()
    add_worker(state=Worker.State.NOT_READY, detail="model.safetensors is truncated.")

    assert line_about("worker tiny-cpu@host").startswith(
        "WRONG  worker tiny-cpu@host: Is not ready to serve tiny on cpu: "
        "model.safetensors is truncated."
    )


def test_a_loading_worker_is_no_fault() -> None:
    Worker.objects.all().delete()
    add_worker(state=Worker.State.LOADING)

    said, status = consult()

    assert status == 0
    assert "note   worker tiny-cpu@host: Is loading tiny; heartbeat" in said


def test_a_missing_device_is_reported_with_its_reason() -> None:
    Worker.objects.all().delete()
    add_worker(
        state=Worker.State.NOT_READY,
        detail="It waits for the CUDA device 'cuda:3': torch finds none.",
    )

    assert line_about("worker tiny-cpu@host").startswith(
        "WRONG  worker tiny-cpu@host: Is not ready to serve tiny on cpu: "
        "It waits for the CUDA device 'cuda:3': torch finds none."
    )


def test_pages_that_refuse_their_own_host_are_a_fault(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = []

    said, status = consult()

    assert status == 1
    assert "WRONG  pages: / fails: the answer is 400 (and 11 more pages)." in said
    assert said.count("\n") < 20


def test_pages_that_raise_are_reported_in_one_line(
    settings: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.MODELS_FILE = tmp_path / "nowhere.toml"

    said = line_about("pages")

    assert said.startswith("WRONG  pages: / fails: ImproperlyConfigured: The model registry ")
    assert "Traceback" not in capfd.readouterr().err


def test_checking_pages_creates_no_guest() -> None:
    consult()

    assert not Person.objects.exists()


def test_another_server_on_the_sites_port_is_recognised(settings: Settings) -> None:
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as other:
        settings.PORT = other.server_address[1]
        threading.Thread(target=other.handle_request, daemon=True).start()

        said, status = consult()

    assert status == 0
    assert f"note   site: It does not answer at http://127.0.0.1:{settings.PORT}: " in said


def test_warnings_about_settings_are_findings(settings: Settings) -> None:
    settings.MISSPELT = ["PROT in line 1 of .env is no setting of this site; PORT is meant."]
    settings.HOST = "0.0.0.0"
    settings.ALLOWED_HOSTS = ["localhost"]

    told = line_about("settings")

    assert "note   settings: PROT in line 1 of .env is no setting" in told
    assert "note   settings: HOST is 0.0.0.0" in told


def test_debug_mode_is_mentioned(settings: Settings) -> None:
    settings.DEBUG = True

    assert "note   settings: DEBUG is on, so visitors see tracebacks" in line_about("settings")


def test_a_site_that_nobody_can_enter(settings: Settings) -> None:
    settings.ALLOW_GUESTS = settings.ALLOW_SIGN_UP = False

    assert line_about("accounts") == (
        "WRONG  accounts: Guests and sign-up are closed and there is no account: "
        "nobody can get in. -> Run: python manage.py createsuperuser"
    )
    User.objects.create_user("ann")
    assert line_about("accounts").startswith("note   accounts: No account is staff")
    User.objects.create_superuser("boss")
    assert line_about("accounts") == (
        "ok     accounts: The site is closed to guests; sign-up is closed."
    )


def test_a_mail_server_that_answers_is_good(settings: Settings) -> None:
    assert line_about("mail") == ""

    with serving_mail() as mailbox:
        set_up_mail(settings, mailbox)

        assert "answers." in line_about("mail")


def test_a_mail_server_that_is_away_or_refuses_is_wrong(settings: Settings) -> None:
    with serving_mail() as mailbox:
        set_up_mail(settings, mailbox)
        mailbox.answers["CONNECT"] = "421 too busy"

        refused = line_about("mail")
    away = line_about("mail")

    assert refused.startswith("WRONG")
    assert "too busy" in refused
    assert away.startswith("WRONG")
    assert "Check EMAIL_URL" in away
