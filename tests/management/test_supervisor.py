"""The supervisor, with real children."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from playground.management.supervisor import Backoff, Part, Supervisor
from tests.management.conftest import Launcher, alive
from tests.support.part import wait_until


class Told(list[str]):
    """The printed lines, and a way to wait for the next one."""

    def __init__(self) -> None:
        super().__init__()
        self._news = asyncio.Condition()
        self._notices: set[asyncio.Task[None]] = set()

    def __call__(self, line: str) -> None:
        self.append(line)
        task = asyncio.ensure_future(self._notify())
        self._notices.add(task)
        task.add_done_callback(self._notices.discard)

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def wait_for(self, text: str, count: int = 1) -> None:
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: sum(text in line for line in self) >= count)


def python(name: str, code: str, **options: float) -> Part:
    return Part(name=name, command=[sys.executable, "-c", code], **options)  # type: ignore[arg-type]


LIVES = "import signal; print('lives', flush=True); signal.pause()"


def test_the_first_restart_is_immediate_and_later_delays_double() -> None:
    backoff = Backoff()

    assert [backoff.delay_after(0.1) for _ in range(8)] == [0, 1, 2, 4, 8, 16, 30, 30]


def test_a_long_life_resets_the_delay() -> None:
    backoff = Backoff(steady=60)
    for _ in range(5):
        backoff.delay_after(0.1)

    assert backoff.delay_after(61.0) == 0
    assert backoff.delay_after(0.1) == 1


async def test_a_killed_part_is_restarted_at_once() -> None:
    told, pauses = Told(), []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    supervisor = Supervisor(say=told, pause=pause)
    await supervisor.start(python("part", LIVES))
    await told.wait_for("lives")
    first = supervisor.pid_of("part")
    os.kill(first or 0, signal.SIGKILL)
    await told.wait_for("lives", count=2)
    second = supervisor.pid_of("part")
    await supervisor.stop("part")

    assert pauses == [0]
    assert first != second
    assert "part was killed by SIGKILL; starting it again now" in told


async def test_a_part_that_dies_every_time_is_restarted_with_growing_delays() -> None:
    told, pauses = Told(), []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 5:
            await asyncio.Event().wait()

    supervisor = Supervisor(say=told, pause=pause)
    await supervisor.start(python("part", "import sys; print('no luck'); sys.exit(3)"))
    await told.wait_for("in 8 s")
    await supervisor.stop("part")

    assert pauses == [0, 1, 2, 4, 8]
    assert told.count("part | no luck") == 5
    assert told[-1] == "part ended with exit code 3; starting it again in 8 s"


async def test_lifetimes_are_measured_by_the_clock() -> None:
    told, pauses = Told(), []
    # Each life seems to last 100 s: births and deaths alternate.
    ticks = iter(range(0, 10_000, 100))

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            await asyncio.Event().wait()

    supervisor = Supervisor(say=told, pause=pause, clock=lambda: float(next(ticks)))
    await supervisor.start(python("part", "pass"))
    await told.wait_for("exit code 0", count=3)
    await supervisor.stop("part")

    assert pauses == [0, 0, 0]


async def test_a_part_that_can_no_longer_start_is_tried_again(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho lives\n")
    program.chmod(0o755)
    told, pauses = Told(), []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        program.unlink(missing_ok=True)
        if len(pauses) == 3:
            await asyncio.Event().wait()

    supervisor = Supervisor(say=told, pause=pause)
    await supervisor.start(Part(name="part", command=[str(program)]))
    await told.wait_for("cannot be started", count=2)
    await supervisor.stop("part")

    assert pauses == [0, 1, 2]


async def test_the_callback_runs_between_a_death_and_the_restart() -> None:
    told = Told()

    async def on_death(name: str) -> None:
        told(f"{name} has died")

    supervisor = Supervisor(say=told, on_death=on_death)
    await supervisor.start(python("part", LIVES))
    await told.wait_for("lives")
    os.kill(supervisor.pid_of("part") or 0, signal.SIGKILL)
    await told.wait_for("lives", count=2)
    await supervisor.stop("part")

    assert told.index("part has died") < len(told) - 1
    assert told.count("part has died") == 1


async def test_lines_carry_the_name_of_their_part() -> None:
    told = Told()
    supervisor = Supervisor(say=told)

    await supervisor.start(
        python(
            "talker",
            "import signal, sys; print('one'); print('two', file=sys.stderr, flush=True);"
            "sys.stdout.write('\\n' + 'x' * 200_000 + '\\nend\\n'); sys.stdout.flush();"
            "signal.pause()",
        )
    )
    await told.wait_for("end")
    await supervisor.stop("talker")

    assert {"talker | one", "talker | two", "talker | end"} <= set(told)
    assert sum(line.count("x") for line in told) == 200_000


async def test_stopping_sends_sigterm_first() -> None:
    told = Told()
    supervisor = Supervisor(say=told)
    await supervisor.start(
        python(
            "polite",
            "import signal, sys\n"
            "def end(*_): print('goodbye', flush=True); sys.exit(0)\n"
            "signal.signal(signal.SIGTERM, end); print('lives', flush=True)\n"
            "while True: signal.pause()",
        )
    )
    await told.wait_for("lives")
    await supervisor.stop("polite")

    assert told[-1] == "polite | goodbye"
    assert supervisor.names == []
    assert supervisor.pid_of("polite") is None


async def test_a_part_that_does_not_end_is_killed() -> None:
    told = Told()
    supervisor = Supervisor(say=told)
    await supervisor.start(
        python(
            "stubborn",
            "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "print('lives', flush=True)\n"
            "while True: signal.pause()",
            stop_seconds=0.2,
        )
    )
    await told.wait_for("lives")
    pid = supervisor.pid_of("stubborn")
    await supervisor.stop("stubborn")

    assert "stubborn did not end in time and is killed" in told
    assert not alive(pid or 0)


async def test_a_part_takes_its_own_children_with_it() -> None:
    told = Told()
    supervisor = Supervisor(say=told)
    await supervisor.start(
        python(
            "family",
            "import signal, subprocess, sys\n"
            "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
            "print('child', child.pid, flush=True)\n"
            "signal.pause()",
        )
    )
    await told.wait_for("child")
    child = int(told[-1].split()[-1])
    await supervisor.stop("family")

    wait_until(lambda: not alive(child), what="the child to end")


SUPERVISED = """
import asyncio, sys
from playground.core.processes import adopt_orphans
from playground.management.supervisor import Part, Supervisor, print_line

STRAY = (
    "import os, signal, subprocess, sys\\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'],"
    " start_new_session=True)\\n"
    "print('stray', child.pid, os.getpid(), flush=True)\\n"
    "signal.pause()"
)

async def main():
    adopt_orphans()
    supervisor = Supervisor(say=print_line, ends_strays=True)
    await supervisor.start(Part(name="part", command=[sys.executable, "-c", STRAY]))
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_an_orphan_in_a_session_of_its_own_does_not_outlive_its_part(
    launch: Launcher,
) -> None:
    supervisor = launch("-c", SUPERVISED)
    stray, part = map(int, supervisor.wait_for_line("stray").split()[-2:])

    os.kill(part, signal.SIGKILL)

    wait_until(lambda: not alive(stray), what="the orphan to end")
    supervisor.wait_for_line("starting it again now")


def test_parts_end_with_a_supervisor_that_was_killed(
    launch: Launcher,
) -> None:
    supervisor = launch("-c", SUPERVISED)
    _, part = map(int, supervisor.wait_for_line("stray").split()[-2:])

    supervisor.kill()

    wait_until(lambda: not alive(part), what="the part to end")
