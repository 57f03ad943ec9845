"""The scripted tokens of the editor's benchmark, and who writes them to the log."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field

from playground.live.tokenlog import Item, TokenLog, state_event, token_json
from tests.support.stack import Stack

_WORDS = (
    *("the", "station", "is", "of", "a", "small", "light", "house", "near"),
    *("water", "and", "goes", "on", "with", "every", "other", "day"),
)
# From sure to a guess, so that every kind of underline is drawn.
_LOGPROBS = (-0.02, -0.1, -0.4, -1.2, -2.4, -4.0)


@dataclass(slots=True)
class Script:
    """``count`` tokens in paragraphs of ``paragraph``, the same each time, ``rate`` a second."""

    count: int
    rate: int
    paragraph: int
    texts: list[str] = field(init=False)
    lines: list[str] = field(init=False)

    def __post_init__(self) -> None:
        chance = random.Random(7)
        self.texts = [
            ".\n\n" if number % self.paragraph == 0 else f" {chance.choice(_WORDS)}"
            for number in range(1, self.count + 1)
        ]
        self.lines = [
            token_json(
                number % 4096,
                text,
                chance.choice(_LOGPROBS),
                [((number + rank) % 4096, -0.5 - rank) for rank in range(5)],
            )
            for number, text in enumerate(self.texts)
        ]


class Writer:
    """Writes a run's tokens one call each, at a steady pace, as a worker does."""

    def __init__(self, stack: Stack, run: str, script: Script) -> None:
        self.stack = stack
        self.run = run
        self.script = script
        self.error: Exception | None = None

    def write(self) -> None:
        try:
            self._write()
        # The code that waits for the thread raises it again.
        except Exception as error:
            self.error = error

    def finish(self) -> None:
        """Ends the run as a worker does: the row first, then the word to the readers."""
        self.stack.query(
            "UPDATE runs_run SET status = 'succeeded', finish_reason = 'length', text = ?, "
            "tokens = ?, completion_tokens = ? WHERE id = ?",
            "".join(self.script.texts),
            json.dumps([json.loads(line) for line in self.script.lines]),
            self.script.count,
            self.run.replace("-", ""),
        )
        state = state_event(self.run, epoch=1, status="succeeded", position=self.script.count)
        client = self.stack.redis()
        TokenLog(client).close(self.run, state, epoch=1, expire=60)
        client.close()

    def _write(self) -> None:
        client = self.stack.redis()
        log = TokenLog(client)
        log.start(self.run, attempt=1, epoch=1)
        begun = time.monotonic()
        for before, line in enumerate(self.script.lines):
            item = Item(run=self.run, choice=0, attempt=1, epoch=1, before=before, tokens=[line])
            log.append([item])
            left = begun + (before + 1) / self.script.rate - time.monotonic()
            if left > 0:
                time.sleep(left)
        client.close()
