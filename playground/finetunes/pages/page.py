"""What the pages of fine-tunes say of one: its state in words, its figures, its curve."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from playground.finetunes.models import FineTune
from playground.finetunes.pages.export_page import ExportsSection
from playground.finetunes.pages.result import Result
from playground.finetunes.pages.words import NOTHING, duration, number, share
from playground.finetunes.selectors import (
    Point,
    chart_points,
    latest_samples,
    log_lines,
    table_points,
    write_place,
)
from playground.prompts.trials import trial_address

_STATUSES = {
    "queued": "queued",
    "running": "training",
    "waiting_for_room": "waiting for room",
    "succeeded": "done",
    "stopped": "stopped, best kept",
    "failed": "failed",
    "cancelled": "cancelled",
}
# What draws the mark beside it: the marks of runs.
_MARKS = {"waiting_for_room": "queued", "stopped": "succeeded"}
_TASKS = {
    "classification": "Classify",
    "conditional": "Text from a prompt",
    "open": "Open-ended text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure of the page. name: by which the script knows it."""

    name: str
    label: str
    value: str
    note: str = ""


class FineTunePage:
    """One fine-tune. place: how many are trained before it, where it waits in the queue."""

    def __init__(self, finetune: FineTune, *, place: int | None = None) -> None:
        self.finetune = finetune
        self._place = place
        self._progress: dict[str, Any] = finetune.progress

    @property
    def status_words(self) -> str:
        return _STATUSES[self.finetune.status]

    @property
    def mark(self) -> str:
        return _MARKS.get(self.finetune.status, self.finetune.status)

    @property
    def is_running(self) -> bool:
        return self.finetune.status == FineTune.Status.RUNNING

    @property
    def place_words(self) -> str:
        return "" if self._place is None else write_place(self._place)

    @property
    def summary(self) -> str:
        """One line under the title."""
        data = self.finetune.data
        facts = [_TASKS.get(str(data.get("task")), "Text")]
        if rows := data.get("rows"):
            facts.append(f"{rows:,} examples")
        trained = "all weights" if self.finetune.trains_all_weights else "LoRA"
        facts.append(f"{self.finetune.base}, {trained}")
        return ", ".join(facts)

    # --- How far it is --------------------------------------------------------

    @property
    def step(self) -> int:
        return int(self._progress.get("step") or 0)

    @property
    def steps(self) -> int:
        return int(self._progress.get("steps") or self.finetune.plan.get("steps") or 1)

    @property
    def steps_done(self) -> int:
        """Of the progress bar: one that has ended by itself is at its end."""
        return self.steps if self.finetune.status == FineTune.Status.SUCCEEDED else self.step

    @property
    def where(self) -> str:
        """Step, epoch and best step, in words."""
        if not self.step:
            return "The model is being loaded." if self.is_running else ""
        if self.is_running and self.step >= self.steps:
            return "All steps are done. Base and tuned model are being compared."
        facts = [f"Step {self.step:,} of {self.steps:,}"]
        epoch, epochs = self._progress.get("epoch"), self._epochs
        if isinstance(epoch, int | float):
            facts.append(
                f"epoch {_short(epoch)} of {_short(epochs)}" if epochs else f"epoch {epoch:.1f}"
            )
        if best := self._progress.get("best_step"):
            facts.append(f"best at step {best:,}")
        return " · ".join(facts)

    @property
    def time_words(self) -> str:
        """How long it takes, or took."""
        if self.finetune.is_final:
            return f"trained for {duration(self.finetune.seconds)}" if self.finetune.seconds else ""
        left = self._progress.get("left_seconds")
        if isinstance(left, int | float):
            return f"about {duration(left)} left"
        planned = self.finetune.plan.get("seconds")
        return f"about {duration(planned)}" if isinstance(planned, int | float) else ""

    @property
    def rule(self) -> str:
        """The recommended duration, for as long as it is trained."""
        said, _, _ = str(self.finetune.plan.get("rule") or "").partition(":")
        return f"recommended: {said}" if said else ""

    @property
    def tiles(self) -> list[Tile]:
        """The four figures."""
        progress = self._progress
        tiles = [
            Tile(name="loss", label="Training loss", value=_figure(progress.get("loss"))),
            Tile(
                name="held_out_loss",
                label="Held-out loss",
                value=_figure(progress.get("held_out_loss")),
                note="" if self.has_held_out else "no rows held out",
            ),
        ]
        base = self.result.base_accuracy
        if self.finetune.data.get("task") == "classification":
            accuracy = self.result.tuned_accuracy or progress.get("accuracy")
            tiles.append(
                Tile(
                    name="accuracy",
                    label="Held-out accuracy",
                    value=share(accuracy) if isinstance(accuracy, int | float) else NOTHING,
                    note=f"base {share(base)}" if base is not None else "",
                )
            )
        else:
            tiles.append(
                Tile(
                    name="perplexity",
                    label="Held-out perplexity",
                    value=_figure(progress.get("perplexity")),
                    note=self.result.base_perplexity,
                )
            )
        speed = progress.get("tokens_per_s")
        tiles.append(
            Tile(
                name="tokens_per_s",
                label="Tokens per second",
                value=f"{speed:,.0f}" if isinstance(speed, int | float) else NOTHING,
            )
        )
        return tiles

    @property
    def has_held_out(self) -> bool:
        return bool(self.finetune.plan.get("held_out", 1))

    @property
    def held_out_words(self) -> str:
        count = int(self.finetune.plan.get("held_out") or 0)
        return f"{count:,} example{'' if count == 1 else 's'}"

    # --- Its record -----------------------------------------------------------

    @cached_property
    def points(self) -> list[Point]:
        return chart_points(self.finetune)

    @property
    def table(self) -> list[Point]:
        return table_points(self.points)

    @property
    def chart(self) -> dict[str, Any]:
        """What the script draws."""
        return {
            "points": [[point.step, point.loss, point.held_out] for point in self.points],
            "steps": self.steps,
            "best": self._progress.get("best_step"),
        }

    @cached_property
    def samples(self) -> list[dict[str, Any]]:
        return latest_samples(self.finetune)

    @property
    def sample_step(self) -> int | None:
        return self.samples[0].get("step") if self.samples else None

    @cached_property
    def log(self) -> list[dict[str, Any]]:
        return log_lines(self.finetune)

    @cached_property
    def result(self) -> Result:
        return Result(self.finetune)

    @cached_property
    def exports(self) -> ExportsSection | None:
        """The whole model; None where there is none."""
        return ExportsSection(self.finetune) if self.finetune.has_model else None

    # --- What can be done -----------------------------------------------------

    @property
    def can_stop(self) -> bool:
        finetune = self.finetune
        return not finetune.is_final and (self.is_running or finetune.reached > 0)

    @property
    def is_stopping(self) -> bool:
        finetune = self.finetune
        return not finetune.is_final and (finetune.stop_requested or finetune.cancel_requested)

    @property
    def try_address(self) -> str:
        """The playground with the tuned model, its prompt and its stop; "" without a model."""
        adapter = self.finetune.adapter
        if adapter is None or adapter.is_deleted:
            return ""
        return trial_address(adapter)

    @property
    def again_address(self) -> str:
        return f"{reverse('finetunes:new')}?{urlencode({'again': str(self.finetune.pk)})}"

    @property
    def _epochs(self) -> float | None:
        epochs = self.finetune.plan.get("epochs")
        return float(epochs) if isinstance(epochs, int | float) else None


def _figure(value: Any) -> str:
    return number(value) if isinstance(value, int | float) else NOTHING


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
