"""Pacing and waiting: no faster than a request asks, and awake when there is work."""

import threading
from itertools import pairwise
from typing import Any

from tests.engine.tiny import (
    Tiny,
    prompt_of,
    request,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# -- exactness -----------------------------------------------------------------------------------


def test_pace_caps_every_request_and_keeps_them_in_one_batch(small: Tiny) -> None:
    clock = Clock()
    engine = small.engine(tokens_per_second=20, clock=clock)
    for name in "abc":
        engine.submit(request(name, prompt_of(5), 400))
    times: dict[str, list[float]] = {"a": [], "b": [], "c": []}
    steps = 0

    while clock.now < 1010.0:
        outputs = engine.step()
        steps += bool(outputs)
        for output in outputs:
            times[output.request_id].append(clock.now)
        clock.now += 0.004

    for found in times.values():
        assert 197 <= len(found) <= 201
        assert min(b - a for a, b in pairwise(found)) > 0.04
    assert steps <= 202, "requests of one pace did not share steps"


def test_pace_does_not_slow_a_slower_engine(small: Tiny) -> None:
    clock = Clock()
    engine = small.engine(tokens_per_second=20, clock=clock)
    engine.submit(request("a", prompt_of(5), 100))
    made = 0

    for _ in range(100):
        made += len(engine.step())
        clock.now += 0.055

    assert made >= 98


def test_step_is_empty_when_idle_or_ahead(small: Tiny) -> None:
    clock = Clock()
    engine = small.engine(tokens_per_second=10, clock=clock)
    assert engine.step() == []
    engine.submit(request("a", prompt_of(5), 10))

    assert len(engine.step()) == 1
    assert engine.step() == []
    assert engine.has_work


def test_wait_returns_when_there_is_something_to_do(small: Tiny) -> None:
    engine = small.engine()
    woken = threading.Event()

    def loop() -> None:
        engine.wait(30)
        woken.set()

    thread = threading.Thread(target=loop)
    thread.start()
    assert not woken.wait(0.05), "nothing was there to do"
    engine.submit(request("a", prompt_of(4), 5))

    assert woken.wait(10)
    thread.join()
    engine.step()
    engine.wait(30)


def test_wait_knows_the_pace(small: Tiny) -> None:
    engine = small.engine(tokens_per_second=20)
    engine.submit(request("a", prompt_of(4), 5))
    steps = 0
    made: list[Any] = []

    while engine.has_work:
        engine.wait(30)
        made.extend(engine.step())
        steps += 1

    assert len(made) == 6
    assert steps <= 8, "waiting returned before a token was due"


def test_abort_wakes_a_paced_engine(small: Tiny) -> None:
    engine = small.engine(tokens_per_second=0.01)
    engine.submit(request("a", prompt_of(4), 3))
    engine.step()
    thread = threading.Thread(target=engine.wait, args=(60,))
    thread.start()

    engine.abort("a")

    thread.join(10)
    assert not thread.is_alive()
    assert [output.request_id for output in engine.step()] == ["a"]
