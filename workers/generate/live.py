"""A run while the engine has it: what was generated, what was acknowledged."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.core.errors import LogDamaged
from playground.live.tokenlog import token_json
from playground.runs.models import Run
from workers.engine.request import Finish, TokenOutput


@dataclass(slots=True)
class LiveRun:
    """Written by the engine's thread, read by the publisher and the run's own.

    choice: which of the run's texts it is, counted from 0;
    lines, tokens: every token from position 1 on, as the log has it and as the
    row will; acknowledged: the last position that the log has confirmed.
    """

    run: Run
    choice: int = 0
    lines: list[str] = field(default_factory=list)
    tokens: list[list[Any]] = field(default_factory=list)
    acknowledged: int = 0
    finish: Finish | None = None
    # A newer attempt holds the run: write nothing more of it.
    stale: bool = False
    # The process is stopping and gives the run back.
    handed_over: bool = False
    # Its log takes no token of it, now or later: why the run has to end.
    broken: LogDamaged | None = None
    done: threading.Event = field(default_factory=threading.Event)
    first_at: float | None = None
    last_at: float | None = None
    # Tokens that this attempt itself generated.
    generated: int = 0
    # The most texts that one step of the engine had, this one among them.
    batch: int = 0
    # All texts of the run, this one among them.
    choices: "list[LiveRun]" = field(default_factory=list, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.choices = self.choices or [self]

    @property
    def id(self) -> str:
        return str(self.run.pk)

    @property
    def key(self) -> tuple[str, int]:
        """Which text of which run it is."""
        return self.id, self.choice

    @property
    def text(self) -> str:
        """All text that positions carry so far."""
        return "".join(token[1] for token in self.tokens)

    def add(self, output: TokenOutput) -> None:
        """Takes the next token from the engine."""
        token: list[Any] = [output.token_id, output.text]
        if output.logprob is not None:
            token.append(output.logprob)
            if output.top:
                token.append([list(pair) for pair in output.top])
        self.tokens.append(token)
        self.lines.append(token_json(output.token_id, output.text, output.logprob, output.top))
        self.last_at = time.monotonic()
        self.generated += 1
        if self.first_at is None:
            self.first_at = self.last_at

    def take(self, tokens: list[list[Any]]) -> None:
        """Begins with tokens that nobody generates now; the log has none of them yet."""
        self.tokens = tokens
        self.lines = [token_json(*token) for token in tokens]

    def add_tail(self, tail: str, *, unsent: bool) -> None:
        """Text that the engine held back to the end belongs to the last token.

        unsent: whether the log has that token not yet, so that it gets the text too.
        """
        if not tail or not self.tokens:
            return
        self.tokens[-1][1] += tail
        if unsent:
            self.lines[-1] = token_json(*self.tokens[-1])

    def end(self, finish: Finish) -> None:
        """The engine is done with it."""
        self.finish = finish
        self.done.set()


def live_choices(run: Run, count: int) -> list[LiveRun]:
    """One for each text that ``run`` is to have."""
    choices = [LiveRun(run=run, choice=choice) for choice in range(count)]
    for live in choices:
        live.choices = choices
    return choices


def first_moment(choices: Sequence[LiveRun]) -> float | None:
    """When this attempt generated its first token, in any choice."""
    return min((live.first_at for live in choices if live.first_at is not None), default=None)


def tokens_per_second(choices: Sequence[LiveRun]) -> float | None:
    """Speed of this attempt, of all choices together, from its first token to its last."""
    first = first_moment(choices)
    last = max((live.last_at for live in choices if live.last_at is not None), default=None)
    if first is None or last is None or last <= first:
        return None
    return (sum(live.generated for live in choices) - 1) / (last - first)
