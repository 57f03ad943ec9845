"""A worker without an engine: rows, logs, and the real publisher, one call a step for all runs."""

import sys
import time
import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from benchmarks.stream_tokens import TOKENS
from playground.accounts.authentication.session_store import SessionStore
from playground.accounts.models import Person, User
from playground.accounts.people import cookie_value
from playground.live.tokenlog import Item, token_log
from playground.runs.models import Run
from workers.engine.request import TokenOutput
from workers.generate.live import LiveRun
from workers.generate.publisher import Publisher


class Producer:
    """Runs of one person that this process pretends to generate."""

    def __init__(self) -> None:
        self.person = Person.objects.create()
        self.publisher = Publisher(
            token_log=token_log(), expire=60, on_cancel=_fail, on_stale=_fail, on_broken=_fail
        )
        self.publisher.start()
        self.lives: list[LiveRun] = []

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        if question["do"] == "open":
            return self.open(question["runs"])
        if question["do"] == "end":
            return {"ended": Run.objects.update(status=Run.Status.SUCCEEDED)}
        if question["do"] == "sign_in":
            return self.sign_in()
        if question["do"] == "burst":
            return self.burst(question["tokens"])
        return self.produce(question["steps"], question["interval"])

    def open(self, count: int) -> dict[str, Any]:
        """Saves ``count`` running rows and begins their logs."""
        rows = [
            Run(
                id=uuid.uuid4(),
                person=self.person,
                model="demo",
                template="free",
                prompt="bench",
                parameters={"max_tokens": 1},
                max_tokens=1,
                seed=1,
                status=Run.Status.RUNNING,
                worker="bench",
                attempt=1,
            )
            for _ in range(count)
        ]
        Run.objects.bulk_create(rows)
        for row in rows:
            token_log().start(str(row.pk), attempt=1, epoch=1)
        self.lives = [LiveRun(run=row) for row in rows]
        return {"runs": [live.id for live in self.lives], "cookie": cookie_value(self.person.pk)}

    def sign_in(self) -> dict[str, Any]:
        """The cookie of a new account's session."""
        user = User.objects.create_user(username="bench", password=None)
        Person.objects.create(user=user, address="bench")
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        return {settings.SESSION_COOKIE_NAME: session.session_key}

    def produce(self, steps: int, interval: float) -> dict[str, Any]:
        """A token a step for every run, at a steady pace; as fast as it goes for 0."""
        texts = [text.split(",", 1)[1][1:-2] for text in TOKENS]
        begun = time.perf_counter()
        for step in range(steps):
            for live in self.lives:
                position = len(live.lines) + 1
                number = position % len(TOKENS)
                live.add(TokenOutput(live.id, position, 1000 + number, texts[number]))
            self.publisher.send(self.lives)
            left = begun + (step + 1) * interval - time.perf_counter()
            if left > 0:
                time.sleep(left)
        while any(live.acknowledged < len(live.lines) for live in self.lives):
            time.sleep(0.01)
        return {"seconds": time.perf_counter() - begun}

    def burst(self, tokens: int) -> dict[str, Any]:
        """Sends this many tokens of the first run as fast as Redis takes them, each as its own
        event."""
        run = self.lives[0].id
        begun = time.perf_counter()
        for before in range(tokens):
            line = TOKENS[before % len(TOKENS)]
            item = Item(run=run, choice=0, attempt=1, epoch=1, before=before, tokens=[line])
            token_log().append([item])
        return {"seconds": time.perf_counter() - begun}


def _fail(live: LiveRun) -> None:
    sys.exit(f"run {live.id} was taken away")
