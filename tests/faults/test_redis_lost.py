"""Redis emptied, restarted, cut off or full in mid-stream: nothing is lost or doubled."""

import signal

from tests.faults.undisturbed import PROMPT, expect_whole, undisturbed_text
from tests.support.stack import Stack
from tests.support.visitor import Visitor

SEEDED: dict[str, object] = {"max_tokens": 60, "temperature": 1.1, "top_p": 0.95, "seed": 11}


def test_redis_is_emptied(stack: Stack, visitor: Visitor) -> None:
    text = undisturbed_text(stack, **SEEDED)
    run = visitor.run(PROMPT, **SEEDED)
    with visitor.follow(run) as viewer, stack.redis() as client:
        for position in (10, 30):
            viewer.until_tokens(position)
            client.flushall()

        viewer.until_final()
        assert viewer.restarts == 0
        expect_whole(stack, run, viewer.tokens, text)
        # A page that connects now reads the same text from the log.
        with visitor.follow(run) as late:
            assert late.until_final().tokens == viewer.tokens


def test_redis_is_killed_and_restarted(stack: Stack, visitor: Visitor) -> None:
    text = undisturbed_text(stack, **SEEDED)
    run = visitor.run(PROMPT, **SEEDED)
    with visitor.follow(run) as viewer:
        viewer.until_tokens(15)

        stack.kill("valkey")
        stack.start_valkey()

        viewer.until_final()
        assert viewer.restarts == 0
        expect_whole(stack, run, viewer.tokens, text)
    # The workers receive rings again.
    assert stack.wait_final(visitor.run(PROMPT, max_tokens=2))["status"] == "succeeded"


def test_a_run_accepted_during_an_outage_starts_after_it(stack: Stack, visitor: Visitor) -> None:
    stack.kill("valkey")

    run = visitor.run(PROMPT, max_tokens=4)

    assert stack.row(run)["status"] == "queued"
    stack.start_valkey()
    assert stack.wait_final(run)["status"] == "succeeded"


def test_every_connection_is_dropped(stack: Stack, visitor: Visitor) -> None:
    text = undisturbed_text(stack, **SEEDED)
    run = visitor.run(PROMPT, **SEEDED)
    with visitor.follow(run) as viewer, stack.redis() as client:
        for position in (10, 25, 40):
            viewer.until_tokens(position)
            for kind in ("normal", "pubsub"):
                client.client_kill_filter(_type=kind, skipme=True)

        viewer.until_final()
        assert viewer.restarts == 0
        expect_whole(stack, run, viewer.tokens, text)


def test_after_redis_and_the_worker_are_lost_the_text_starts_again(
    stack: Stack, visitor: Visitor
) -> None:
    text = undisturbed_text(stack, **SEEDED)
    run = visitor.run(PROMPT, **SEEDED)
    with visitor.follow(run) as viewer, stack.redis() as client:
        viewer.until_tokens(20)
        worker = stack.row(run)["worker"]
        # The worker is stopped first, because it would write its log again.
        stack.parts[worker].signal(signal.SIGSTOP)
        client.flushall()

        stack.kill(worker)
        stack.launch_worker("slow", name=worker)

        viewer.until_final(timeout=20)
        assert viewer.restarts == 1
        assert viewer.epoch == 2
        expect_whole(stack, run, viewer.tokens, text)
    assert stack.row(run)["epoch"] == 2


def test_a_full_redis_refuses_new_runs_and_keeps_accepted_ones(
    stack: Stack, visitor: Visitor
) -> None:
    text = undisturbed_text(stack, **SEEDED)
    run = visitor.run(PROMPT, **SEEDED)
    with visitor.follow(run) as viewer, stack.redis() as client:
        viewer.until_tokens(10)
        rows = stack.query("SELECT count(*) AS n FROM runs_run")
        (limit,) = client.config_get("maxmemory").values()

        client.config_set("maxmemory", 1)
        try:
            refused = visitor.post("/free/run/", {"prompt": PROMPT, "model": "slow"})
            stack.parts[stack.row(run)["worker"]].wait_for_line("log_not_written.*maxmemory")
        finally:
            client.config_set("maxmemory", limit)

        assert refused.status == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert stack.query("SELECT count(*) AS n FROM runs_run") == rows
        viewer.until_final()
        expect_whole(stack, run, viewer.tokens, text)


def test_a_full_redis_harms_no_worker_that_takes_a_ring(stack: Stack, visitor: Visitor) -> None:
    workers = [stack.parts[name] for name in ("one", "two")]
    with stack.redis() as client:
        (limit,) = client.config_get("maxmemory").values()
        for worker in workers:
            worker.signal(signal.SIGSTOP)
        try:
            run = visitor.run(PROMPT, max_tokens=4)
            client.config_set("maxmemory", 1)
        finally:
            for worker in workers:
                worker.signal(signal.SIGCONT)
        try:
            said = {worker.name: len(worker.lines) for worker in workers}
            wait_for_any_line(workers, "maxmemory", said)
        finally:
            client.config_set("maxmemory", limit)

    assert stack.wait_final(run)["status"] == "succeeded"
    assert all(worker.alive for worker in workers)


def wait_for_any_line(workers, pattern, since):  # type: ignore[no-untyped-def]
    """Waits until one of ``workers`` logs ``pattern``."""
    import re

    from tests.support.part import wait_until

    wait_until(
        lambda: any(
            re.search(pattern, line)
            for worker in workers
            for line in worker.lines[since[worker.name] :]
        ),
        what=f"a worker to say {pattern}",
    )
