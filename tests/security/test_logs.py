"""The log holds nothing that a person sent and no secret of the site's, whatever goes wrong."""

import json
import re
import socket
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest

from tests.security.test_bodies import somebody_else
from tests.security.test_nasty_sockets import FRAMES
from tests.support.postgres import TemporaryPostgres
from tests.support.stack import Stack

PLANTED = {
    "SECRET_KEY": "planted-secret-key-0123456789-0123456789-0123456789",
    "the database's password": "planted-database-password",
    "the password of Redis": "planted-redis-password",
    "a person's password": "planted-password-of-ann",
    "a wrong password": "planted-wrong-password",
    "the CSRF secret": "plantedCsrfSecretplantedCsrfSecr",
    "a prompt": "planted words of a prompt",
    "a parameter": "planted-parameter",
    "a file": "planted-words-of-a-file",
    "a frame": "planted-words-of-a-frame",
}
MANY = "b=planted-parameter&" + "a=&" * 1_000


class Site:
    """A playground whose every secret is known, on PostgreSQL and a Redis with a password."""

    def __init__(self, stack: ExitStack, folder: Path, log_format: str) -> None:
        # Short, and open to the user that PostgreSQL runs as.
        short = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp")))
        short.chmod(0o755)
        self.postgres = TemporaryPostgres(short / "server")
        stack.enter_context(self.postgres)
        self.url = self.postgres.url
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        database, of_redis = PLANTED["the database's password"], PLANTED["the password of Redis"]
        env = {
            "SECRET_KEY": PLANTED["SECRET_KEY"],
            "DATABASE_URL": self.url.replace("postgres@", f"postgres:{database}@"),
            "REDIS_URL": f"redis://:{of_redis}@127.0.0.1:{port}/0",
            "LOG_FORMAT": log_format,
            "LOG_LEVEL": "DEBUG",
        }
        self.stack = stack.enter_context(Stack(folder, env=env))
        self.stack.start_valkey()
        client = self.stack.redis()
        client.config_set("port", port)
        client.config_set("requirepass", of_redis)
        client.close()
        self.stack.migrate()
        self.stack.launch_web()
        self.stack.start_worker("demo")
        self.stack.wait_web(ready=True)
        self.ann = self.stack.visitor()
        self.ann.cookies["csrftoken"] = PLANTED["the CSRF secret"]
        self.name = "ann"

    def sql(self, statement: str, *values: object) -> None:
        with psycopg.connect(re.sub("^postgres:", "postgresql:", self.url)) as connection:
            connection.execute(statement, values)

    def log(self) -> str:
        return "\n".join(file.read_text(errors="replace") for file in self.stack.logs.iterdir())

    def web_log(self) -> str:
        return (self.stack.logs / "web.log").read_text(errors="replace")

    def leaked(self) -> list[str]:
        secrets = dict(PLANTED)
        # The last of them changed with the sign-up.
        for name in ("sessionid", "person", "csrftoken"):
            if value := self.ann.cookies.get(name):
                secrets[f"the cookie {name}"] = value
        text = self.log()
        return [what for what, secret in secrets.items() if secret in text]


@pytest.fixture(scope="module", params=["console", "json"])
def site_with_secrets(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with ExitStack() as stack:
        yield Site(stack, tmp_path_factory.mktemp("secrets"), request.param)


@pytest.fixture
def secretive(site_with_secrets: Site) -> Iterator[Site]:
    """Looks at the whole log after each test."""
    yield site_with_secrets
    assert site_with_secrets.leaked() == []


def test_of_an_account_nothing_is_told(secretive: Site) -> None:
    password = PLANTED["a person's password"]
    fields = {"username": "ann", "password1": password, "password2": password}

    assert secretive.ann.post("/account/sign-up/", fields).status == 302
    assert "sessionid" in secretive.ann.cookies
    wrong = {"login": "ann", "password": PLANTED["a wrong password"]}
    stranger = secretive.stack.visitor()
    statuses = [stranger.post("/account/sign-in/", wrong).status for _ in range(7)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert (
        secretive.ann.post("/account/delete/", {"password": PLANTED["a wrong password"]}).status
        == 400
    )


def test_of_too_many_parameters_one_short_line_is_told(secretive: Site) -> None:
    stranger = secretive.stack.visitor()
    stranger.cookies["csrftoken"] = PLANTED["the CSRF secret"]
    asked = [
        lambda: secretive.ann.get(f"/gallery/?{MANY}"),
        lambda: secretive.ann.get(f"/history/?{MANY}"),
        lambda: stranger.request("POST", "/account/sign-in/", MANY.encode()),
        lambda: secretive.ann.request("POST", "/free/run/", MANY.encode()),
    ]
    for ask in asked:
        before, began = len(secretive.web_log()), time.monotonic()
        assert ask().status == 400
        assert time.monotonic() - began < 2
        assert len(secretive.web_log()) - before < 600


def test_twenty_of_them_stop_nobody(secretive: Site) -> None:
    with somebody_else(secretive.stack) as waits, ThreadPoolExecutor(20) as people:
        pages = [f"/gallery/?{MANY}"] * 20
        statuses = list(people.map(lambda page: secretive.ann.get(page).status, pages))

    assert set(statuses) == {400}
    assert max(waits) < 3


def test_of_a_form_that_cannot_be_read_nothing_is_told(secretive: Site) -> None:
    words = PLANTED["a prompt"].encode()
    for content_type in (
        "multipart/form-data",
        "multipart/form-data; boundary=\xff",
        "multipart/form-data; boundary=b",
        "application/x-www-form-urlencoded; charset=utf-16",
    ):
        headers = {"Content-Type": content_type, "X-CSRFToken": secretive.ann.cookies["csrftoken"]}
        answer = secretive.ann.request("POST", "/free/run/", b"--b\r\nprompt=" + words, headers)
        assert answer.status in (400, 403)
    evil = secretive.ann.request("GET", "/free/", headers={"Host": "evil.example"})
    assert evil.status == 400


def test_of_a_file_that_is_refused_nothing_is_told(secretive: Site) -> None:
    token, words = secretive.ann.cookies["csrftoken"], PLANTED["a file"]
    body = (
        f'--b\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        f'{{"{words}": "{words}"\r\n--b--\r\n'
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}

    assert secretive.ann.request("POST", "/history/import/", body.encode(), headers).status == 400


def test_of_bad_frames_nothing_is_told(secretive: Site) -> None:
    secretive.ann.run(PLANTED["a prompt"], model="demo", max_tokens=1)
    frame = PLANTED["a frame"].encode()
    for bad in (*FRAMES, b"\x81" + bytes([0x80 | len(frame) + 1]) + bytes(4) + frame + b"\xff"):
        with secretive.ann.socket() as opened, suppress(Exception):
            opened.socket.sendall(bad)
            opened.recv(timeout=0.2)


def test_of_an_error_that_nobody_foresaw_only_the_place_is_told(secretive: Site) -> None:
    """The details of an error of PostgreSQL's repeat the row."""
    before = len(secretive.web_log())
    secretive.sql(
        "CREATE FUNCTION refuse_prompt() RETURNS trigger AS $$ BEGIN "
        "RAISE EXCEPTION 'row refused' USING DETAIL = NEW.title; END $$ LANGUAGE plpgsql"
    )
    secretive.sql(
        "CREATE TRIGGER refusing BEFORE INSERT ON prompts_prompt FOR EACH ROW "
        "EXECUTE FUNCTION refuse_prompt()"
    )
    try:
        saved = {"prompt": PLANTED["a prompt"], "save_title": PLANTED["a parameter"]}
        answer = secretive.ann.post("/free/save/", saved)
    finally:
        secretive.sql("DROP TRIGGER refusing ON prompts_prompt")

    assert answer.status == 500
    told = secretive.web_log()[before:]
    assert "Traceback" in told
    assert "row refused" in told
    assert "save_views.py" in told
    assert len(told) < 20_000


def test_of_a_worker_that_fails_only_the_place_is_told(secretive: Site) -> None:
    """The details of an error are the row, as with any constraint of PostgreSQL's."""
    secretive.sql(
        "CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'row refused' "
        "USING DETAIL = NEW.prompt; END $$ LANGUAGE plpgsql"
    )
    secretive.sql(
        "CREATE TRIGGER refusing BEFORE UPDATE ON runs_run FOR EACH ROW "
        "WHEN (NEW.finished_at IS NOT NULL) EXECUTE FUNCTION refuse()"
    )
    try:
        secretive.ann.run(PLANTED["a prompt"], model="demo", max_tokens=2)
        secretive.stack.parts["demo"].wait_for_line("row refused", timeout=30)
    finally:
        secretive.sql("DROP TRIGGER refusing ON runs_run")


def test_of_servers_that_are_away_no_password_is_told(secretive: Site) -> None:
    secretive.stack.kill("valkey")
    fields = {"prompt": PLANTED["a prompt"], "model": "demo"}
    assert secretive.ann.post("/free/run/", fields).status in (303, 503)
    secretive.stack.parts["demo"].wait_for_line("(?i)connect|storage|heartbeat", timeout=30)

    secretive.postgres.__exit__(None, None, None)
    # A stranger's page asks for the fewest rows: each waits for a connection.
    stranger = secretive.stack.visitor()
    assert stranger.request("GET", "/gallery/", timeout=120).status == 503
    secretive.stack.parts["demo"].wait_for_line("heartbeat_failed|waiting_for_storage", timeout=30)


def test_every_line_is_short_and_in_the_format_that_was_asked_for(secretive: Site) -> None:
    """The last one, after all that went wrong."""
    lines = (secretive.stack.logs / "web.log").read_text().splitlines()

    assert max(map(len, lines)) < 10_000
    if secretive.stack.env["LOG_FORMAT"] == "json":
        assert all(isinstance(json.loads(line), dict) for line in lines if line.startswith("{"))
        assert len([line for line in lines if not line.startswith("{")]) <= 1
