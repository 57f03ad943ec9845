"""The record of a training, copied into rows line by line and told to the pages that follow it.

The child process appends to its record, and takes back what came after the checkpoint from which
it goes on. Here every line has its number: a line whose number is known with other content takes
the known ones back from there on, and raises the epoch, so that pages begin again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import transaction
from redis.exceptions import RedisError

from playground.core.redis.clients import blocking
from playground.core.texts import storable, without_folders
from playground.finetunes.models import FineTune, FineTuneEvent
from playground.live.channels import channel_of
from playground.live.tokenlog import LOOK, notice_line

TOPIC = "finetune"
# Of one line; a result with its worst cases is the longest.
MAX_LINE_BYTES = 4 << 20
# Lines of one message on the live channel.
_TOLD_AT_ONCE = 100
_COMPARED_AT_ONCE = 500
_MAX_TEXT = 100_000
KINDS = ("plan", "step", "evaluation", "sample", "checkpoint", "log", "result", "end")
# What of a kind may quote a program, with paths of this server.
_OF_FAILURES = {"log": ("text",), "end": ("reason",)}
# What the page's figures take of each kind.
_OF_STEP = (
    "step",
    "steps",
    "epoch",
    "loss",
    "rate",
    "tokens_per_s",
    "tokens",
    "seconds",
    "left_seconds",
)

log = structlog.get_logger(__name__)


class AttemptStale(Exception):
    """Another attempt holds the fine-tune, or it is deleted: nothing more may be written."""


class RecordDamaged(Exception):
    """A line of the record is none; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a record."""

    n: int
    kind: str
    step: int | None
    data: dict[str, Any]


def parse_line(text: bytes) -> Line:
    """The line in ``text``. Raises `RecordDamaged`."""
    try:
        value = json.loads(text, parse_constant=lambda _: None)
        n, kind = value.pop("n"), value.pop("kind")
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError) as error:
        raise RecordDamaged(f"It is no object with a number and a kind: {error}.") from error
    if not _is_count(n) or kind not in KINDS:
        raise RecordDamaged(f"Its number is {n!r:.40} and its kind {kind!r:.40}.")
    step = value.get("step")
    for name in _OF_FAILURES.get(kind, ()):
        if isinstance(value.get(name), str):
            value[name] = without_folders(value[name])
    data: dict[str, Any] = plain_value(value)
    return Line(n=n, kind=kind, step=step if _is_count(step) or step == 0 else None, data=data)


@dataclass(slots=True)
class RecordCopy:
    """The copy of one attempt's record.

    position: of the last event that is copied; progress: as `FineTune.progress`.
    end: the last line's data once the training has ended.
    """

    finetune: FineTune
    position: int = 0
    epoch: int = 1
    progress: dict[str, Any] = field(default_factory=dict)
    end: dict[str, Any] | None = None
    result: dict[str, Any] = field(default_factory=dict)
    last_log: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.position, self.epoch = self.finetune.position, self.finetune.epoch
        self.progress = dict(self.finetune.progress)

    def take(self, lines: Sequence[Line]) -> None:
        """Copies what is new of ``lines``, which follow each other by number.

        Raises `AttemptStale`, and `RecordDamaged` for a gap.
        """
        fresh = self._without_known(lines)
        if not fresh:
            return
        if fresh[0].n > self.position + 1:
            raise RecordDamaged(f"After line {self.position} comes line {fresh[0].n}.")
        last = fresh[-1].n
        if last - fresh[0].n + 1 != len(fresh):
            raise RecordDamaged(f"There is a gap before line {last}.")
        taken_back = fresh[0].n <= self.position
        epoch = self.epoch + 1 if taken_back else self.epoch
        progress = self._progress_with(fresh)
        with transaction.atomic():
            self._hold(fresh, position=last, epoch=epoch, progress=progress)
            if taken_back:
                self._events().filter(n__gte=fresh[0].n).delete()
            FineTuneEvent.objects.bulk_create(
                [
                    FineTuneEvent(
                        finetune=self.finetune,
                        n=line.n,
                        kind=line.kind,
                        step=line.step,
                        data=line.data,
                    )
                    for line in fresh
                ],
                batch_size=500,
            )
        self.position, self.epoch, self.progress = last, epoch, progress
        if taken_back:
            tell_look(self.finetune, epoch=epoch)
        else:
            _tell(self.finetune, epoch, fresh)

    def close(self, last: int) -> None:
        """The record ends with line ``last``: what was copied of lines after it is taken back."""
        if last >= self.position:
            return
        with transaction.atomic():
            self._hold([], position=last, epoch=self.epoch + 1, progress=self.progress)
            self._events().filter(n__gt=last).delete()
        self.position, self.epoch = last, self.epoch + 1
        tell_look(self.finetune, epoch=self.epoch)

    def _without_known(self, lines: Sequence[Line]) -> Sequence[Line]:
        """The lines from the first one on that is not copied as it is."""
        for start in range(0, len(lines), _COMPARED_AT_ONCE):
            part = lines[start : start + _COMPARED_AT_ONCE]
            if part[0].n > self.position:
                return lines[start:]
            known = {
                n: (kind, data)
                for n, kind, data in self._events()
                .filter(n__gte=part[0].n, n__lte=part[-1].n)
                .values_list("n", "kind", "data")
            }
            for at, line in enumerate(part):
                if known.get(line.n) != (line.kind, line.data):
                    self._note(part[:at])
                    return lines[start + at :]
            self._note(part)
        return ()

    def _events(self) -> Any:
        return FineTuneEvent.objects.filter(finetune=self.finetune.pk)

    def _hold(
        self, fresh: Sequence[Line], *, position: int, epoch: int, progress: dict[str, Any]
    ) -> None:
        """Writes the row, if this attempt still holds it. Raises `AttemptStale`."""
        values: dict[str, Any] = {"position": position, "epoch": epoch, "progress": progress}
        values["seconds"] = float(progress.get("seconds") or 0)
        reached = max((line.step or 0 for line in fresh if line.kind == "checkpoint"), default=0)
        if reached > self.finetune.reached:
            # It got further than any attempt before: its tries begin anew.
            values |= {"reached": reached, "tries": 0}
            self.finetune.reached = reached
        held = FineTune.objects.filter(
            pk=self.finetune.pk, attempt=self.finetune.attempt, status=FineTune.Status.RUNNING
        )
        if not held.update(**values):
            raise AttemptStale

    def _note(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if line.kind == "end":
                self.end = line.data
            elif line.kind == "result":
                self.result = line.data
            elif line.kind == "log":
                self.last_log = line.data

    def _progress_with(self, lines: Sequence[Line]) -> dict[str, Any]:
        self._note(lines)
        progress = dict(self.progress)
        for line in lines:
            add_to_progress(progress, line.kind, line.data)
        return progress


def add_to_progress(progress: dict[str, Any], kind: str, data: Mapping[str, Any]) -> None:
    """Takes what one line says into the figures of the page."""
    if kind == "plan":
        progress["plan"] = dict(data)
        progress["steps"] = data.get("steps")
    elif kind == "step":
        progress |= {name: data[name] for name in _OF_STEP if name in data}
    elif kind == "evaluation":
        progress["held_out_loss"] = data.get("loss")
        progress["evaluated_step"] = data.get("step")
        for name in ("perplexity", "accuracy"):
            if name in data:
                progress[name] = data[name]
        if data.get("best"):
            progress["best_step"] = data.get("step")
            progress["best_loss"] = data.get("loss")


def topic_of(finetune: FineTune) -> str:
    return f"{TOPIC}:{finetune.pk}"


def record_event(topic: str, *, epoch: int, lines: Sequence[Mapping[str, Any]]) -> str:
    """The event that carries lines of the record, which follow each other by number."""
    return json.dumps(
        {
            "type": "record",
            "topic": topic,
            "epoch": epoch,
            "from": lines[0]["n"],
            "lines": lines,
        },
        separators=(",", ":"),
    )


def tell_look(finetune: FineTune, *, epoch: int) -> None:
    """Has everybody who follows it read the row again."""
    topic = topic_of(finetune)
    _publish(topic, notice_line(topic, epoch, "{}", kind=LOOK))


def _tell(finetune: FineTune, epoch: int, lines: Sequence[Line]) -> None:
    topic = topic_of(finetune)
    for start in range(0, len(lines), _TOLD_AT_ONCE):
        part = lines[start : start + _TOLD_AT_ONCE]
        told = [{"n": line.n, "kind": line.kind, **line.data} for line in part]
        event = record_event(topic, epoch=epoch, lines=told)
        _publish(topic, f"{topic} 0 {epoch} {part[0].n} {part[-1].n} {event}")


def _publish(topic: str, line: str) -> None:
    try:
        blocking().publish(channel_of(topic), line)
    except RedisError as error:
        # Those who follow it read the rows after a silence.
        log.warning("record_not_told", topic=topic, error=str(error))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def plain_value(value: Any) -> Any:
    """The value with the characters that every database takes."""
    if isinstance(value, str):
        return storable(value, _MAX_TEXT)
    if isinstance(value, list):
        return [plain_value(item) for item in value]
    if isinstance(value, dict):
        return {storable(str(name), 200): plain_value(item) for name, item in value.items()}
    return value
