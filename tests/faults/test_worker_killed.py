"""A worker is killed in mid-stream: the text stays and continues elsewhere without a difference."""

import itertools
import signal

from tests.faults.undisturbed import PROMPT, expect_whole, undisturbed_text
from tests.support.part import wait_until
from tests.support.stack import Stack
from tests.support.visitor import Viewer, Visitor

GREEDY: dict[str, object] = {"max_tokens": 80}
SEEDED: dict[str, object] = {"max_tokens": 80, "temperature": 1.1, "top_p": 0.95, "seed": 7}
# The time that a page may wait for another worker, from promises.md.
PATIENCE = 10.0


def longest_pause(viewer: Viewer) -> float:
    return max(later - earlier for earlier, later in itertools.pairwise(viewer.times))


def test_another_worker_continues_greedy_and_seeded_runs(stack: Stack, visitor: Visitor) -> None:
    greedy_text = undisturbed_text(stack, **GREEDY)
    seeded_text = undisturbed_text(stack, **SEEDED)
    greedy, seeded = start_on_one_worker(stack, visitor)
    victim = stack.row(greedy)["worker"]
    with visitor.follow(greedy) as first, visitor.follow(seeded) as second:
        first.until_tokens(15)
        second.until_tokens(15)

        stack.kill(victim)

        first.until_final(timeout=20)
        second.until_final(timeout=20)
        assert longest_pause(first) < PATIENCE
        assert longest_pause(second) < PATIENCE
        expect_whole(stack, greedy, first.tokens, greedy_text)
        expect_whole(stack, seeded, second.tokens, seeded_text)
    for run in (greedy, seeded):
        row = stack.row(run)
        assert row["worker"] != victim
        assert (row["attempt"], row["losses"], row["epoch"]) == (2, 1, 1)


def start_on_one_worker(stack: Stack, visitor: Visitor) -> tuple[str, str]:
    """A greedy and a seeded run on the same worker; other runs that it took to get there are
    stopped."""
    held: dict[str, dict[str, str]] = {}
    # Workers tend to take turns, so neither kind may alternate with them.
    for kind in ("greedy", "seeded", "seeded", "greedy", "greedy", "seeded"):
        run = visitor.run(PROMPT, **(GREEDY if kind == "greedy" else SEEDED))
        runs = held.setdefault(stack.wait_row(run, status="running")["worker"], {})
        if kind in runs:
            visitor.stop(run)
        runs.setdefault(kind, run)
        if len(runs) == 2:
            for stray in (
                run for others in held.values() if others is not runs for run in others.values()
            ):
                visitor.stop(stray)
            return runs["greedy"], runs["seeded"]
    raise AssertionError(f"no worker took both: {held}")


def test_the_restarted_worker_continues(stack: Stack, visitor: Visitor) -> None:
    text = undisturbed_text(stack, **SEEDED)
    stack.stop("two")
    run = visitor.run(PROMPT, **SEEDED)
    with visitor.follow(run) as viewer:
        viewer.until_tokens(15)

        stack.kill("one")
        stack.launch_worker("slow", name="one")

        viewer.until_final(timeout=20)
        assert longest_pause(viewer) < PATIENCE
        expect_whole(stack, run, viewer.tokens, text)


def test_a_paused_worker_that_wakes_up_writes_neither_log_nor_row(
    stack: Stack, visitor: Visitor
) -> None:
    text = undisturbed_text(stack, **SEEDED)
    run = visitor.run(PROMPT, **SEEDED)
    with visitor.follow(run) as viewer:
        viewer.until_tokens(10)
        paused = stack.parts[stack.row(run)["worker"]]
        said = len(paused.lines)

        paused.signal(signal.SIGSTOP)
        try:
            stack.wait_row(run, attempt=2, status="running")
            viewer.until_tokens(20)
        finally:
            paused.signal(signal.SIGCONT)

        paused.wait_for_line("attempt_stale", since=said)
        viewer.until_final(timeout=20)
        expect_whole(stack, run, viewer.tokens, text)
    row = stack.row(run)
    assert row["attempt"] == 2
    assert row["worker"] != paused.name
    # Its slot is free, and it serves again.
    wait_until(
        lambda: (
            stack.query("SELECT live FROM checkpoints_worker WHERE name = ?", paused.name)
            == [{"live": 0}]
        ),
        what="the paused worker to be idle",
    )
