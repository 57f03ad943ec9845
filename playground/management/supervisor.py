"""Keeps a few processes alive, and leaves none behind.

`Supervisor` knows nothing of the playground: it is given `Part`s, starts each as the leader of
its own process group, passes on what they print, starts again what dies, and stops them all.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from playground.core.processes import die_with_parent, end_children_except, signal_group

_CHUNK = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process to keep alive.

    name: what its lines and the messages about it begin with.
    command: the argument list.
    environ: its whole environment, or None for this process's own.
    pass_fds: descriptors that it inherits.
    stop_seconds: how long it may take to end after SIGTERM before it is killed.
    death_signal: what the kernel sends it when the supervisor is killed.
    """

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] | None = None
    pass_fds: tuple[int, ...] = ()
    stop_seconds: float = 10.0
    death_signal: signal.Signals = signal.SIGKILL


@dataclass(slots=True)
class Backoff:
    """How long to wait before a part is restarted.

    The first restart is immediate. Each further death in a row doubles the wait, from one second to
    ``longest``. After a life of ``steady`` seconds the count starts again.
    """

    longest: float = 30.0
    steady: float = 60.0
    deaths: int = 0

    def delay_after(self, lifetime: float) -> float:
        """Seconds to wait after a life of ``lifetime`` seconds."""
        if lifetime >= self.steady:
            self.deaths = 0
        self.deaths += 1
        return 0.0 if self.deaths == 1 else min(2.0 ** (self.deaths - 2), self.longest)


@dataclass(slots=True)
class _Life:
    """One life of a part: its process, the reader of its output, and when it began."""

    process: Process
    output: asyncio.Task[None]
    born: float

    async def finish(self, seconds: float = 1.0) -> None:
        """Reap what is left of it, and pass on what it printed last."""
        signal_group(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        # A process that left the group may hold the pipe open for ever.
        await asyncio.wait([self.output], timeout=seconds)
        self.output.cancel()


@dataclass(slots=True)
class Supervisor:
    """Starts parts and keeps them alive until `stop`.

    say: takes one finished line for people.
    clock, pause: time and waiting, given by tests.
    on_death: awaited with a part's name each time it ended by itself, before its next life.
    ends_strays: whether every child of this process that is no part is ended too. Only for a
        process that does nothing but supervise, and with `processes.adopt_orphans`.
    """

    say: Callable[[str], None] = print
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    on_death: Callable[[str], Awaitable[None]] | None = None
    ends_strays: bool = False
    _parts: dict[str, Part] = field(default_factory=dict)
    _keepers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _lives: dict[str, _Life] = field(default_factory=dict)
    # Between a fork and its entry in _lives a child would look like a stray.
    _forking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def start(self, part: Part) -> None:
        """Start ``part`` and keep it alive from now on. Raises `OSError` when it cannot run."""
        self._parts[part.name] = part
        await self._spawn(part)
        self._keepers[part.name] = asyncio.create_task(self._keep(part))

    @property
    def names(self) -> list[str]:
        """The parts that are kept alive, between two lives too."""
        return list(self._keepers)

    def pid_of(self, name: str) -> int | None:
        """The part's process now, or None between two lives."""
        life = self._lives.get(name)
        return life.process.pid if life and life.process.returncode is None else None

    async def stop(self, *names: str) -> None:
        """End the named parts together, each in order first and then by force."""
        await asyncio.gather(*(self._stop_one(name) for name in names))
        await self._end_strays()

    def kill(self) -> None:
        """End every part at once; `stop` then has nothing to wait for."""
        for life in self._lives.values():
            signal_group(life.process.pid, signal.SIGKILL)

    async def _spawn(self, part: Part) -> None:
        async with self._forking:
            # A pipe of our own: asyncio's wait() for a process waits for its pipe too, which an
            # orphan may hold open for ever.
            reading, writing = os.pipe()
            try:
                process = await asyncio.create_subprocess_exec(
                    *part.command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=writing,
                    stderr=writing,
                    env=part.environ,
                    pass_fds=part.pass_fds,
                    # Of its own session: a Ctrl-C in the terminal is for the supervisor alone,
                    # which then ends the parts in order.
                    start_new_session=True,
                    preexec_fn=die_with_parent(part.death_signal),
                )
            except BaseException:
                os.close(reading)
                raise
            finally:
                os.close(writing)
            output = asyncio.create_task(self._pass_on_output(part.name, reading))
            self._lives[part.name] = _Life(process, output, self.clock())

    async def _keep(self, part: Part) -> None:
        backoff = Backoff()
        while True:
            life = self._lives[part.name]
            code = await life.process.wait()
            lifetime = self.clock() - life.born
            await life.finish()
            del self._lives[part.name]
            await self._end_strays()
            if self.on_death:
                await self.on_death(part.name)
            problem = f"{part.name} {_ending(code)}"
            while part.name not in self._lives:
                delay = backoff.delay_after(lifetime)
                when = f"in {delay:.0f} s" if delay else "now"
                self.say(f"{problem}; starting it again {when}")
                await self.pause(delay)
                try:
                    await self._spawn(part)
                except OSError as error:
                    problem, lifetime = f"{part.name} cannot be started: {error}", 0.0

    async def _stop_one(self, name: str) -> None:
        if keeper := self._keepers.pop(name, None):
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
        life = self._lives.get(name)
        if life is None:
            return
        if life.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                life.process.terminate()
        try:
            await asyncio.wait_for(life.process.wait(), self._parts[name].stop_seconds)
        except TimeoutError:
            self.say(f"{name} did not end in time and is killed")
        await life.finish()
        del self._lives[name]

    async def _end_strays(self) -> None:
        """Kill and reap children that are no part: orphans of a part that left its group."""
        if not self.ends_strays:
            return
        async with self._forking:
            end_children_except({life.process.pid for life in self._lives.values()})

    async def _pass_on_output(self, name: str, reading: int) -> None:
        """Say the process's lines until nobody holds its output open."""
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reading, "rb", buffering=0)
        )
        try:
            await self._say_lines(name, stream)
        finally:
            transport.close()

    async def _say_lines(self, name: str, stream: asyncio.StreamReader) -> None:
        rest = b""
        while chunk := await stream.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > _CHUNK:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._say_line(name, line)
        self._say_line(name, rest)

    def _say_line(self, name: str, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        if text:
            self.say(f"{name} | {text}")


def _ending(code: int) -> str:
    """``was killed by SIGKILL`` or ``ended with exit code 3``."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


def print_line(line: str) -> None:
    """Print at once; a reader of our output that went away is no reason to stop serving."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
