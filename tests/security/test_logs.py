"""The log contains nothing that a person sent and no secret of the site, whatever goes wrong."""

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
    """A playground whose secrets are all known, on PostgreSQL and a Redis with a password."""

    def __init__(self, stack: ExitStack, folder: Path, log_format: str) -> None:
        # Short, and accessible to the user that PostgreSQL runs as.
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

    def find_leaks(self) -> list[str]:
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
def check_log_for_secrets(site_with_secrets: Site) -> Iterator[Site]:
    """Checks the whole log after each test."""
    yield site_with_secrets
    assert site_with_secrets.find_leaks() == []


def test_nothing_of_an_account_is_logged(check_log_for_secrets: Site) -> None:
    password = PLANTED["a person's password"]
    fields = {"username": "ann", "password1": password, "password2": password}

    assert check_log_for_secrets.ann.post("/account/sign-up/", fields).status == 302
    assert "sessionid" in check_log_for_secrets.ann.cookies
    wrong = {"login": "ann", "password": PLANTED["a wrong password"]}
    stranger = check_log_for_secrets.stack.visitor()
    statuses = [stranger.post("/account/sign-in/", wrong).status for _ in range(7)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert (
        check_log_for_secrets.ann.post(
            "/account/delete/", {"password": PLANTED["a wrong password"]}
        ).status
        == 400
    )


def test_too_many_parameters_are_logged_as_one_short_line(check_log_for_secrets: Site) -> None:
    stranger = check_log_for_secrets.stack.visitor()
    stranger.cookies["csrftoken"] = PLANTED["the CSRF secret"]
    asked = [
        lambda: check_log_for_secrets.ann.get(f"/gallery/?{MANY}"),
        lambda: check_log_for_secrets.ann.get(f"/history/?{MANY}"),
        lambda: stranger.request("POST", "/account/sign-in/", MANY.encode()),
        lambda: check_log_for_secrets.ann.request("POST", "/free/run/", MANY.encode()),
    ]
    for ask in asked:
        before, began = len(check_log_for_secrets.web_log()), time.monotonic()
        assert ask().status == 400
        assert time.monotonic() - began < 2
        assert len(check_log_for_secrets.web_log()) - before < 600


def test_twenty_bad_requests_stop_nobody(check_log_for_secrets: Site) -> None:
    with somebody_else(check_log_for_secrets.stack) as waits, ThreadPoolExecutor(20) as people:
        pages = [f"/gallery/?{MANY}"] * 20
        statuses = list(people.map(lambda page: check_log_for_secrets.ann.get(page).status, pages))

    assert set(statuses) == {400}
    assert max(waits) < 3


def test_nothing_of_an_unreadable_form_is_logged(check_log_for_secrets: Site) -> None:
    words = PLANTED["a prompt"].encode()
    for content_type in (
        "multipart/form-data",
        "multipart/form-data; boundary=\xff",
        "multipart/form-data; boundary=b",
        "application/x-www-form-urlencoded; charset=utf-16",
    ):
        headers = {
            "Content-Type": content_type,
            "X-CSRFToken": check_log_for_secrets.ann.cookies["csrftoken"],
        }
        answer = check_log_for_secrets.ann.request(
            "POST", "/free/run/", b"--b\r\nprompt=" + words, headers
        )
        assert answer.status in (400, 403)
    evil = check_log_for_secrets.ann.request("GET", "/free/", headers={"Host": "evil.example"})
    assert evil.status == 400


def test_nothing_of_a_refused_file_is_logged(check_log_for_secrets: Site) -> None:
    token, words = check_log_for_secrets.ann.cookies["csrftoken"], PLANTED["a file"]
    body = (
        f'--b\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        f'{{"{words}": "{words}"\r\n--b--\r\n'
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}

    assert (
        check_log_for_secrets.ann.request("POST", "/history/import/", body.encode(), headers).status
        == 400
    )


def test_nothing_of_bad_frames_is_logged(check_log_for_secrets: Site) -> None:
    check_log_for_secrets.ann.run(PLANTED["a prompt"], model="demo", max_tokens=1)
    frame = PLANTED["a frame"].encode()
    for bad in (*FRAMES, b"\x81" + bytes([0x80 | len(frame) + 1]) + bytes(4) + frame + b"\xff"):
        with check_log_for_secrets.ann.socket() as opened, suppress(Exception):
            opened.socket.sendall(bad)
            opened.recv(timeout=0.2)


def test_an_unexpected_error_is_logged_only_with_its_place(check_log_for_secrets: Site) -> None:
    """The details of a PostgreSQL error repeat the row."""
    before = len(check_log_for_secrets.web_log())
    check_log_for_secrets.sql(
        "CREATE FUNCTION refuse_prompt() RETURNS trigger AS $$ BEGIN "
        "RAISE EXCEPTION 'row refused' USING DETAIL = NEW.title; END $$ LANGUAGE plpgsql"
    )
    check_log_for_secrets.sql(
        "CREATE TRIGGER refusing BEFORE INSERT ON prompts_prompt FOR EACH ROW "
        "EXECUTE FUNCTION refuse_prompt()"
    )
    try:
        saved = {"prompt": PLANTED["a prompt"], "save_title": PLANTED["a parameter"]}
        answer = check_log_for_secrets.ann.post("/free/save/", saved)
    finally:
        check_log_for_secrets.sql("DROP TRIGGER refusing ON prompts_prompt")

    assert answer.status == 500
    told = check_log_for_secrets.web_log()[before:]
    assert "Traceback" in told
    assert "row refused" in told
    assert "save_views.py" in told
    assert len(told) < 20_000


def test_a_workers_error_is_logged_only_with_its_place(check_log_for_secrets: Site) -> None:
    """The details of the error are the row, as with any constraint of PostgreSQL."""
    check_log_for_secrets.sql(
        "CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'row refused' "
        "USING DETAIL = NEW.prompt; END $$ LANGUAGE plpgsql"
    )
    check_log_for_secrets.sql(
        "CREATE TRIGGER refusing BEFORE UPDATE ON runs_run FOR EACH ROW "
        "WHEN (NEW.finished_at IS NOT NULL) EXECUTE FUNCTION refuse()"
    )
    try:
        check_log_for_secrets.ann.run(PLANTED["a prompt"], model="demo", max_tokens=2)
        check_log_for_secrets.stack.parts["demo"].wait_for_line("row refused", timeout=30)
    finally:
        check_log_for_secrets.sql("DROP TRIGGER refusing ON runs_run")


def test_no_password_of_an_unreachable_server_is_logged(check_log_for_secrets: Site) -> None:
    check_log_for_secrets.stack.kill("valkey")
    fields = {"prompt": PLANTED["a prompt"], "model": "demo"}
    assert check_log_for_secrets.ann.post("/free/run/", fields).status in (303, 503)
    check_log_for_secrets.stack.parts["demo"].wait_for_line(
        "(?i)connect|storage|heartbeat", timeout=30
    )

    check_log_for_secrets.postgres.__exit__(None, None, None)
    # A stranger's page reads the fewest rows: each read waits for a connection.
    stranger = check_log_for_secrets.stack.visitor()
    assert stranger.request("GET", "/gallery/", timeout=120).status == 503
    check_log_for_secrets.stack.parts["demo"].wait_for_line(
        "heartbeat_failed|waiting_for_storage", timeout=30
    )


def test_every_line_is_short_and_in_the_configured_format(check_log_for_secrets: Site) -> None:
    """This test is last, after everything that went wrong."""
    lines = (check_log_for_secrets.stack.logs / "web.log").read_text().splitlines()

    assert max(map(len, lines)) < 10_000
    if check_log_for_secrets.stack.env["LOG_FORMAT"] == "json":
        assert all(isinstance(json.loads(line), dict) for line in lines if line.startswith("{"))
        assert len([line for line in lines if not line.startswith("{")]) <= 1
