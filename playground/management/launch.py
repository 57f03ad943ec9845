"""Everything that `manage.py up` starts, in order, until it is told to stop."""

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from playground.checkpoints.services import worker_mark_stopped
from playground.core.configuration.checks import remarks
from playground.core.locks import FileLock, LockTaken
from playground.core.redis.clients import refusal
from playground.core.redis.valkey import EmbeddedValkey
from playground.core.redis.valkey_server import EmbeddedServerError
from playground.core.schema import newer_database, pending_migrations
from playground.management.listener import addresses, near_address
from playground.management.own_site import forget_address, keep_address
from playground.management.parts import (
    WorkerPlan,
    valkey_part,
    web_part,
    worker_lock,
    worker_part,
)
from playground.management.readiness import Readiness
from playground.management.supervisor import Supervisor

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A server with a large file to load needs longer, and says so in its log.
VALKEY_SECONDS = 60.0
# One Ctrl-C reaches us more than once (from the terminal, from make); a second one that comes
# after this many seconds means "now".
IMPATIENT_SECONDS = 1.0


@dataclass(slots=True)
class Launch:
    """One run of the whole playground.

    listener: the site's open socket.
    workers: those that are kept alive here.
    say: takes one line for people.
    """

    listener: socket.socket
    workers: list[WorkerPlan]
    say: Callable[[str], None]
    verbose: bool = False
    _supervisor: Supervisor = field(init=False)
    _readiness: Readiness = field(init=False)
    _server: EmbeddedValkey | None = None
    _server_ended: bool = False
    _locks: dict[str, FileLock] = field(default_factory=dict)
    _asked_to_stop: asyncio.Event = field(default_factory=asyncio.Event)
    _asked_at: float = 0.0

    def __post_init__(self) -> None:
        host, port = near_address(self.listener)
        self._readiness = Readiness(
            host=host, port=port, urls=addresses(self.listener), say=self.say
        )
        self._supervisor = Supervisor(say=self.say, on_death=self._on_death, ends_strays=True)

    async def run(self) -> None:
        """Start all, keep all alive, and come back with nothing left running.

        Raises `CommandError` or `EmbeddedServerError` when the start is impossible.
        """
        loop = asyncio.get_running_loop()
        for signum in SIGNALS:
            loop.add_signal_handler(signum, self._on_signal)
        serving = asyncio.create_task(self._serve())
        asked = asyncio.create_task(self._asked_to_stop.wait())
        try:
            await asyncio.wait([serving, asked], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (serving, asked):
                task.cancel()
            # Nothing may be started any more while the rest is stopped.
            await asyncio.wait([serving, asked])
            await self._stop()
        # Ends here by a signal; an error of the start is raised only now.
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    async def _serve(self) -> None:
        for sentence in remarks():
            self.say(f"note: {sentence}")
        self._take_locks()
        keep_address(*near_address(self.listener))
        if self._server:
            await self._supervisor.start(valkey_part(self._server))
        await sync_to_async(self._prepare_database, thread_sensitive=False)()
        if self._server:
            await self._valkey_answers(self._server)
        elif reason := await sync_to_async(refusal, thread_sensitive=False)():
            raise CommandError(f"Redis refuses the connection of REDIS_URL: {reason}.")
        # Both at once: loading a model takes longer than all the rest.
        for plan in self._locked():
            await self._supervisor.start(
                worker_part(plan, lock=self._locks[plan.name], verbose=self.verbose)
            )
        await self._supervisor.start(web_part(self.listener, verbose=self.verbose))
        await self._readiness.watch()

    def _take_locks(self) -> None:
        var_dir: Path = settings.VAR_DIR
        if settings.REDIS.embedded:
            server = EmbeddedValkey(
                var_dir,
                memory_mb=settings.EMBEDDED_REDIS_MEMORY_MB,
                socket=settings.EMBEDDED_SOCKET,
                umask=settings.UMASK,
            )
            server.acquire()
            self._server = server
        self.say(f"redis: {'an embedded Valkey' if self._server else 'the server of REDIS_URL'}")
        for plan in self.workers:
            lock = worker_lock(var_dir, plan.name)
            try:
                # A worker whose supervisor was killed a moment ago is about to end.
                lock.acquire(timeout=5.0)
                self._locks[plan.name] = lock
                self.say(f"{plan.part_name}: on {plan.device}")
            except LockTaken as error:
                self.say(f"{plan.part_name}: {error.owner or 'another process'} serves it already")

    def _locked(self) -> list[WorkerPlan]:
        """The workers that no other process of this machine runs."""
        return [plan for plan in self.workers if plan.name in self._locks]

    def _prepare_database(self) -> None:
        try:
            if newer := newer_database():
                raise CommandError(newer)
            count = pending_migrations()
            if count:
                self.say(f"database: applying {count} migrations")
                call_command("migrate", interactive=False, verbosity=0)
            # Whose lock is ours, its process has gone.
            worker_mark_stopped(names=[plan.name for plan in self._locked()])
        except DatabaseError as error:
            raise CommandError(
                f"The database cannot be used: {str(error).strip()}. Check DATABASE_URL."
            ) from error
        finally:
            connection.close()

    async def _valkey_answers(self, server: EmbeddedValkey) -> None:
        deadline = time.monotonic() + VALKEY_SECONDS
        while not server.serves():
            # Whatever kept it from its first answer will do so again.
            if self._server_ended:
                raise EmbeddedServerError(server.reason_for_end())
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"The embedded Valkey does not answer; its log is {server.log_file}."
                )
            await asyncio.sleep(0.02)

    async def _stop(self) -> None:
        started = bool(self._supervisor.names)
        if started:
            self.say("stopping")
        valkey = {"valkey"} if self._server else set()
        # The workers write to Valkey until their last moment.
        await self._supervisor.stop(*(set(self._supervisor.names) - valkey))
        await self._supervisor.stop(*valkey)
        forget_address()
        for lock in self._locks.values():
            lock.release()
        if self._server:
            self._server.release()
        if started:
            self.say("stopped")

    def _on_signal(self) -> None:
        now = time.monotonic()
        if not self._asked_to_stop.is_set():
            self._asked_at = now
            self._asked_to_stop.set()
        elif now - self._asked_at > IMPATIENT_SECONDS:
            self._supervisor.kill()

    async def _on_death(self, name: str) -> None:
        if name == "valkey" and self._server:
            self._server_ended = True
            self.say(f"valkey | {self._server.reason_for_end()}")
        if dead := [plan.name for plan in self.workers if plan.part_name == name]:
            mark_stopped = sync_to_async(worker_mark_stopped, thread_sensitive=False)
            # A database that is away must not keep the worker away too.
            with contextlib.suppress(DatabaseError, TimeoutError):
                async with asyncio.timeout(2.0):
                    await mark_stopped(names=dead)
        self._readiness.disturb()
