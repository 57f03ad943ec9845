"""Sends what the engine produced to the token log, one call for all live runs.

A thread of its own: while Redis is away the engine goes on, and all that was
not acknowledged is sent when it is back, from the position that the log names.
"""

import threading
from collections.abc import Callable

import structlog
from redis.exceptions import RedisError

from playground.core.tokenlog import CHANNEL, FORWARD, Item, TokenLog, notice_line, state_event
from workers.tasks.live import LiveRun

# Waits between tries while Redis does not answer. Seconds.
BACKOFF = (0.05, 1.0)

log = structlog.get_logger(__name__)


class Publisher:
    """One per worker process.

    on_cancel: called with a run whose cancel was asked, once or more.
    on_stale: called with a run that a newer attempt holds.
    """

    def __init__(
        self,
        *,
        worker: str,
        token_log: TokenLog,
        expire: int,
        on_cancel: Callable[[LiveRun], None],
        on_stale: Callable[[LiveRun], None],
    ) -> None:
        self._channel = CHANNEL + worker
        self._log = token_log
        self._expire = expire
        self._on_cancel = on_cancel
        self._on_stale = on_stale
        self._wake = threading.Condition()
        self._unsent: dict[str, LiveRun] = {}
        self._started: list[LiveRun] = []
        self._finished: dict[str, tuple[LiveRun, str]] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="publisher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Sends what it can within ``timeout`` seconds, then ends."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join(timeout)

    def started(self, live: LiveRun) -> None:
        """Tells readers that the run is being worked on."""
        with self._wake:
            self._started.append(live)
            self._wake.notify()

    def produced(self, runs: list[LiveRun]) -> None:
        """``runs`` have tokens that the log has not."""
        with self._wake:
            for live in runs:
                self._unsent[live.id] = live
            self._wake.notify()

    def finished(self, live: LiveRun, status: str) -> None:
        """The row is committed: tell readers after the last token, let the log go."""
        with self._wake:
            self._finished[live.id] = (live, status)
            self._wake.notify()

    def forget(self, live: LiveRun) -> None:
        """Nothing more of this run is to be sent."""
        with self._wake:
            self._unsent.pop(live.id, None)

    def _loop(self) -> None:
        pause = BACKOFF[0]
        while True:
            with self._wake:
                while not (self._unsent or self._started or self._finished or self._stopping):
                    self._wake.wait()
                if self._stopping and not (self._unsent or self._started or self._finished):
                    return
                runs = list(self._unsent.values())
                started, self._started = self._started, []
                finished = list(self._finished.values())
            try:
                self._send(runs, started)
                self._close(finished)
                pause = BACKOFF[0]
            except RedisError as error:
                log.warning("log_not_written", runs=len(runs), error=str(error))
                with self._wake:
                    if self._stopping:
                        return
                    self._wake.wait(pause)
                pause = min(2 * pause, BACKOFF[1])

    def _send(self, runs: list[LiveRun], started: list[LiveRun]) -> None:
        for live in started:
            run = live.run
            event = state_event(live.id, epoch=run.epoch, status="running")
            self._log.tell(self._channel, notice_line(live.id, run.epoch, event, kind=FORWARD))
        items = [_item(live) for live in runs]
        if not items:
            return
        replies = self._log.append(self._channel, items)
        for live, reply in zip(runs, replies, strict=True):
            if reply.stale:
                self.forget(live)
                self._on_stale(live)
                continue
            live.acknowledged = reply.last
            if reply.cancel:
                self._on_cancel(live)
            with self._wake:
                if live.acknowledged == len(live.lines):
                    self._unsent.pop(live.id, None)

    def _close(self, finished: list[tuple[LiveRun, str]]) -> None:
        for live, status in finished:
            with self._wake:
                if live.id in self._unsent:
                    continue
            position = len(live.tokens)
            event = state_event(live.id, epoch=live.run.epoch, status=status, position=position)
            notice = notice_line(live.id, live.run.epoch, event)
            self._log.close(self._channel, live.id, notice, expire=self._expire)
            with self._wake:
                self._finished.pop(live.id, None)


def _item(live: LiveRun) -> Item:
    return Item(
        run=live.id,
        choice=0,
        attempt=live.run.attempt,
        epoch=live.run.epoch,
        before=live.acknowledged,
        tokens=live.lines[live.acknowledged :],
    )
