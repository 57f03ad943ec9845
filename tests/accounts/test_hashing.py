"""Passwords are hashed a few at a time, with the parameters of OWASP's table."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.test import Client

from playground.accounts.authentication import hashing
from playground.core.errors import ServerBusy
from playground.settings import PASSWORD_HASHERS
from tests.accounts.people import PASSWORD, make_user, sign_in, user_of


@pytest.fixture(autouse=True)
def real_hashers(settings: Any) -> None:
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS


def test_a_password_is_hashed_as_owasp_says() -> None:
    assert make_password("a secret").startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_client")
@pytest.mark.parametrize(
    "old", ["django.contrib.auth.hashers.Argon2PasswordHasher", PASSWORD_HASHERS[1]]
)
def test_an_older_hash_signs_in_and_is_replaced(client: Client, settings: Any, old: str) -> None:
    settings.PASSWORD_HASHERS = [old]
    user = make_user("ann")
    before = user.password
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS

    sign_in(client, "ann")

    assert user_of(client) == str(user.pk)
    user.refresh_from_db()
    assert user.password != before
    assert "m=19456,t=2,p=1" in user.password
    assert check_password(PASSWORD, user.password)


def test_only_a_few_passwords_are_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All requests wait until the allowed number hash; then no more have begun."""
    full, go = threading.Semaphore(0), threading.Event()
    begun = []

    def hash_slowly(self: object, password: str, salt: str) -> str:
        begun.append(password)
        full.release()
        assert go.wait(10)
        return "hashed"

    monkeypatch.setattr(Argon2PasswordHasher, "encode", hash_slowly)
    with ThreadPoolExecutor(12) as people:
        asked = [people.submit(make_password, f"password {number}") for number in range(12)]
        for _ in range(hashing.AT_ONCE):
            assert full.acquire(timeout=10)
        assert len(begun) == hashing.AT_ONCE
        go.set()
        assert [one.result(10) for one in asked] == ["hashed"] * 12


def test_a_sign_in_that_waits_too_long_gets_a_retry_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hashing, "PATIENCE_SECONDS", 0.05)
    go = threading.Event()
    queue = hashing._Queue()
    with ThreadPoolExecutor(hashing.AT_ONCE) as people:
        running = [people.submit(queue.run, lambda: go.wait(10)) for _ in range(hashing.AT_ONCE)]
        with pytest.raises(ServerBusy) as refused:
            while True:
                queue.run(lambda: None)
        go.set()
        assert all(one.result(10) for one in running)

    assert refused.value.status == 503
    assert refused.value.retry_after
    assert queue.run(lambda: "next") == "next"


def test_the_number_of_waiting_sign_ins_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "MAX_WAITING", 1)
    queue, begun, go = hashing._Queue(), threading.Event(), threading.Event()

    def work() -> bool:
        begun.set()
        return go.wait(10)

    with ThreadPoolExecutor(1) as people:
        first = people.submit(queue.run, work)
        assert begun.wait(10)
        with pytest.raises(ServerBusy):
            queue.run(lambda: True)
        go.set()
        assert first.result(10)


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_client")
def test_a_sign_in_without_a_free_place_gets_503(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user("ann")
    monkeypatch.setattr(hashing._queue, "_turns", threading.BoundedSemaphore(1))
    hashing._queue._turns.acquire()

    answers = [
        client.post("/account/sign-in/", {"login": name, "password": "x"})
        for name in ("ann", "nobody")
    ]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert answers[0]["Retry-After"]
