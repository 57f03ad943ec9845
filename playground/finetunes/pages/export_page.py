"""What the page of a fine-tune says of its whole model: each dtype, how far it is, what was
measured, and how an operator serves one whose weights were all trained."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.text import slugify

from playground.checkpoints.jobs import FINETUNE
from playground.checkpoints.selectors import live_workers
from playground.finetunes.exporting.files import expected_bytes
from playground.finetunes.models import FineTune, FineTuneExport
from playground.finetunes.pages.words import format_number, share, size

_ABOUT = {
    "float32": "Nothing is rounded. The largest file.",
    "float16": "Half the size. What most GPUs compute in.",
    "bfloat16": "Half the size, with coarser numbers. For GPUs and processors that compute in it.",
}
_NONE = "none"
# Below it a difference is nothing but rounding.
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    """The whole model in one dtype; export: None while nobody asked for it."""

    dtype: str
    about: str
    expected: int
    has_worker: bool
    export: FineTuneExport | None

    @property
    def status(self) -> str:
        return _NONE if self.export is None else self.export.status

    @property
    def can_make(self) -> bool:
        return self.status in (_NONE, "failed")

    @property
    def is_ready(self) -> bool:
        return self.status == "ready"

    @property
    def is_unfinished(self) -> bool:
        return self.export is not None and not self.export.is_final

    @property
    def words(self) -> str:
        """How far it is, and what was measured."""
        export = self.export
        if export is None:
            return f"About {size(self.expected)}."
        match export.status:
            case "queued":
                if not self.has_worker:
                    return "It waits until a worker that fine-tunes this base runs."
                return "It waits for its turn."
            case "running":
                return "It is being made and compared."
            case "waiting_for_room":
                return "The server's disk is full. It goes on by itself when there is room."
            case "ready":
                return f"Ready, {size(export.size)}. {_describe_passed(export.figures)}"
            case "refused":
                return f"Not offered in {self.dtype}: {_describe_refused(export)}"
        return f"It could not be made. {export.error_message}"


class ExportsSection:
    """All of it, for a fine-tune that has a model."""

    def __init__(self, finetune: FineTune) -> None:
        self.finetune = finetune

    @cached_property
    def rows(self) -> list[ExportRow]:
        finetune = self.finetune
        made = {export.dtype: export for export in finetune.exports.all()}
        has_worker = live_workers(FINETUNE).filter(model=finetune.base).exists()
        return [
            ExportRow(
                dtype=dtype,
                about=about,
                expected=expected_bytes(base=finetune.base, dtype=dtype),
                has_worker=has_worker,
                export=made.get(dtype),
            )
            for dtype, about in _ABOUT.items()
        ]

    @property
    def is_unfinished(self) -> bool:
        return any(row.is_unfinished for row in self.rows)

    @property
    def seen(self) -> str:
        """What a page shows of it, by which it asks for news."""
        return "-".join(f"{row.status}{'' if row.has_worker else '0'}" for row in self.rows)

    @property
    def model_name(self) -> str:
        """What the model may be called in the registry, and its folder."""
        return slugify(self.finetune.name)[:40].strip("-") or "tuned"

    @property
    def registry_lines(self) -> str:
        """What has an operator's registry serve it."""
        name = self.model_name
        # A string of JSON is one of TOML, but for this character.
        title = json.dumps(self.finetune.name, ensure_ascii=False).replace("\x7f", "\\u007F")
        return f'[models.{name}]\ntitle = {title}\npath = "{name}"'

    @property
    def folder(self) -> str:
        """Where the server has it, in the folder of fine-tunes."""
        return f"{self.finetune.pk}/result/model"


def _describe_passed(figures: Mapping[str, Any]) -> str:
    largest, equal = _number(figures, "largest"), _number(figures, "argmax_equal")
    if largest is None or equal is None:
        return ""
    allowed = _number(_bar(figures), "largest")
    return (
        f"Compared at {int(_number(figures, 'positions') or 0):,} positions: the largest "
        f"difference of logits is {_plain(largest)}"
        f"{'' if allowed is None else f' ({_plain(allowed)} is allowed)'}; "
        f"the likeliest token is the same at {share(equal)} of them."
    )


def _describe_refused(export: FineTuneExport) -> str:
    reasons = list(_reasons(export.figures)) if export.figures else []
    return f"{', and '.join(reasons)}." if reasons else export.error_message


def _reasons(figures: Mapping[str, Any]) -> Iterator[str]:
    """Each figure that is not good enough."""
    bar = _bar(figures)
    largest, most = _number(figures, "largest"), _number(bar, "largest")
    if largest is None:
        yield "its logits are not finite"
    elif most is not None and largest > most:
        yield f"the largest difference of logits is {_plain(largest)}, above {_plain(most)}"
    equal, least = _number(figures, "argmax_equal"), _number(bar, "argmax_equal")
    if equal is not None and least is not None and equal < least:
        yield (
            f"the likeliest token is the same at {share(equal)} of the positions, "
            f"below {share(least)}"
        )
    apart, most = _number(figures, "divergence"), _number(bar, "divergence")
    if apart is not None and most is not None and apart > most:
        yield (f"the mean divergence of the probabilities is {_plain(apart)}, above {_plain(most)}")


def _bar(figures: Mapping[str, Any]) -> Mapping[str, Any]:
    bar = figures.get("bar")
    return bar if isinstance(bar, dict) else {}


def _number(figures: Mapping[str, Any], name: str) -> float | None:
    value = figures.get(name)
    return float(value) if isinstance(value, int | float) else None


def _plain(value: float) -> str:
    """A small figure in two digits.

    >>> _plain(2.9123e-5), _plain(0.035), _plain(1e-12)
    ('0.000029', '0.035', '0')
    """
    return "0" if abs(value) < _NOTHING else format_number(float(f"{value:.2g}"))
