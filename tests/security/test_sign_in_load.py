"""Many simultaneous sign-ins take little memory and do not stop readers."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.security.test_bodies import memory, somebody_else
from tests.support.stack import Stack

# Argon2's 19 MiB for each hash in progress, and the memory of a thread for each request.
MAX_GROWTH = 150 << 20
MAX_FELT = 8.0


@pytest.mark.parametrize("count", [12, 50])
def test_sign_ins_at_once_take_little_memory(site: Stack, count: int) -> None:
    before, peak = memory(site), 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.005):
            peak = max(peak, memory(site))

    def sign_in(number: int) -> int:
        fields = {"login": f"nobody {number}", "password": "not the right one"}
        return site.visitor().post("/account/sign-in/", fields).status

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        with somebody_else(site) as waits, ThreadPoolExecutor(count) as people:
            statuses = list(people.map(sign_in, range(count)))
    finally:
        done.set()
        watching.join()

    assert set(statuses) == {200}
    assert peak - before < MAX_GROWTH
    assert max(waits) < MAX_FELT
    assert psutil.Process(site.parts["web"].process.pid).is_running()
