"""Sends what the engine produced to the token log, one call for all live runs.

A thread of its own: while Redis is away the engine goes on, and all that was
not acknowledged is sent when it is back, from the position that the log names.
A run whose log takes nothing, now or later, ends alone; the others go on.
"""

import threading
from collections.abc import Callable

import structlog

from playground.core.failures import each_alone, is_passing, reason_of, warn_once
from playground.live.tokenlog import (
    FORWARD,
    Item,
    Reply,
    TokenLog,
    log_damaged,
    state_event,
)
from workers.generate.live import LiveRun

# Waits between tries while Redis does not answer. Seconds.
BACKOFF = (0.05, 1.0)

log = structlog.get_logger(__name__)


class Publisher:
    """One per worker process.

    on_cancel: called with a run whose cancel was asked, once or more.
    on_stale: called with a run that a newer attempt holds.
    on_broken: called with a run whose log failed for good; `LiveRun.broken` says how.
    """

    def __init__(
        self,
        *,
        token_log: TokenLog,
        expire: int,
        on_cancel: Callable[[LiveRun], None],
        on_stale: Callable[[LiveRun], None],
        on_broken: Callable[[LiveRun], None],
    ) -> None:
        self._log = token_log
        self._expire = expire
        self._on_cancel = on_cancel
        self._on_stale = on_stale
        self._on_broken = on_broken
        self._wake = threading.Condition()
        # By run and choice.
        self._unsent: dict[tuple[str, int], LiveRun] = {}
        self._started: list[LiveRun] = []
        self._finished: dict[str, tuple[LiveRun, str]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="publisher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Sends what it can within ``timeout`` seconds, then ends."""
        with self._wake:
            self._stop.set()
            self._wake.notify()
        self._thread.join(timeout)

    def announce_start(self, live: LiveRun) -> None:
        """Tells readers that the run is being worked on."""
        with self._wake:
            self._started.append(live)
            self._wake.notify()

    def send(self, runs: list[LiveRun]) -> None:
        """``runs`` have tokens that the log has not."""
        with self._wake:
            self._unsent.update((live.key, live) for live in runs if not live.broken)
            self._wake.notify()

    def announce_end(self, live: LiveRun, status: str) -> None:
        """The row is committed: tell readers after the last token, let the log go."""
        with self._wake:
            self._finished[live.id] = (live, status)
            self._wake.notify()

    def forget(self, live: LiveRun) -> None:
        """Nothing more of this run is to be sent."""
        with self._wake:
            for each in live.choices:
                self._unsent.pop(each.key, None)

    def _break(self, live: LiveRun, error: Exception) -> None:
        warn_once("log_refused", row=live.id, error=error)
        with self._wake:
            live.broken = log_damaged(error)
            self._unsent.pop(live.key, None)
        self._on_broken(live)

    def _loop(self) -> None:
        pause = 0.0
        while True:
            with self._wake:
                while not (self._unsent or self._started or self._finished or self._stop.is_set()):
                    self._wake.wait()
                if self._stop.is_set() and not (self._unsent or self._started or self._finished):
                    return
            try:
                self._send_all()
                pause = 0.0
            # Whatever it is, the thread must not end: all runs of the process are written here.
            except Exception as error:
                if not pause:
                    log.warning("log_not_written", runs=len(self._unsent), error=reason_of(error))
                pause = min(2 * pause or BACKOFF[0], BACKOFF[1])
                # Not woken by new tokens: they wait with the rest.
                if self._stop.wait(pause):
                    return

    def _send_all(self) -> None:
        """Sends all that waits. What raises is sent again; the rest has gone."""
        # First what frees memory: when Redis is full, the rest fails until it did.
        self._close()
        self._tell_started()
        self._append()
        self._close()

    def _tell_started(self) -> None:
        while self._started:
            live = self._started[0]
            each_alone([(live.id, live.run.epoch)], self._tell_one, event="start_not_told")
            with self._wake:
                self._started.pop(0)

    def _tell_one(self, started: tuple[str, int]) -> None:
        run, epoch = started
        event = state_event(run, epoch=epoch, status="running")
        self._log.tell(run, event, epoch=epoch, kind=FORWARD)

    def _append(self) -> None:
        with self._wake:
            runs = list(self._unsent.values())
        if not runs:
            return
        try:
            replies = self._log.append([_item(live) for live in runs])
        except Exception as error:
            if is_passing(error):
                raise
            # One of them is to blame: each by itself. What was appended before it is not again.
            for live in runs:
                self._append_alone(live)
            return
        for live, reply in zip(runs, replies, strict=True):
            self._take(live, reply)

    def _append_alone(self, live: LiveRun) -> None:
        try:
            (reply,) = self._log.append([_item(live)])
        except Exception as error:
            if is_passing(error):
                raise
            self._break(live, error)
        else:
            self._take(live, reply)

    def _take(self, live: LiveRun, reply: Reply) -> None:
        if reply.stale:
            self.forget(live)
            self._on_stale(live)
            return
        if reply.last < live.acknowledged:
            self._send_again(live)
        live.acknowledged = reply.last
        if reply.cancel:
            self._on_cancel(live)
        with self._wake:
            if live.acknowledged == len(live.lines):
                self._unsent.pop(live.key, None)

    def _send_again(self, live: LiveRun) -> None:
        """Redis lost the run's logs: those of its other choices are empty again too."""
        with self._wake:
            for other in live.choices:
                other.acknowledged = 0
                if other.lines and not other.broken:
                    self._unsent[other.key] = other

    def _close(self) -> None:
        with self._wake:
            unsent = {run for run, _ in self._unsent}
            finished = [
                (live, status) for live, status in self._finished.values() if live.id not in unsent
            ]
        for live, status in finished:
            each_alone([(live.id, live, status)], self._close_one, event="end_not_told")
            with self._wake:
                self._finished.pop(live.id, None)

    def _close_one(self, ended: tuple[str, LiveRun, str]) -> None:
        run, live, status = ended
        epoch, position = live.run.epoch, sum(len(each.tokens) for each in live.choices)
        event = state_event(run, epoch=epoch, status=status, position=position)
        self._log.close(run, event, epoch=epoch, expire=self._expire)


def _item(live: LiveRun) -> Item:
    return Item(
        run=live.id,
        choice=live.choice,
        attempt=live.run.attempt,
        epoch=live.run.epoch,
        before=live.acknowledged,
        tokens=live.lines[live.acknowledged :],
    )
