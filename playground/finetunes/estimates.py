"""What is said of a fine-tune before it starts: rows, steps, tokens, time, memory, held-out part.

The same figures decide whether it can start at all. Time is an estimate: what the same base took
the last time, or a guess by the size of the base; the training itself corrects it.
"""

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q

from playground.checkpoints.config_file import context_length, layer_shape, parameter_count
from playground.checkpoints.registry import ModelSpec
from playground.core.errors import CannotTrain
from playground.datasets.checks.canonical import read_rows
from playground.datasets.durations import recommended_minutes
from playground.datasets.models import DatasetVersion
from playground.datasets.splitting import MOST, split_rows
from playground.finetunes.memory import (
    GPTJ_6B,
    check_memory,
    memory_needed,
    memory_note,
    training_device,
)
from playground.finetunes.models import FineTune
from playground.finetunes.options import Method, Options

MINUTE, HOUR = 60.0, 3600.0
# Products that a second of training does, where nothing was measured yet.
GUESSED_SPEED = {"cpu": 45e9, "cuda": 120e12}
# Forward and backward pass, for each weight and token.
PRODUCTS = 6.0
# A step and an evaluation cost more than their tokens: model loading, evaluation, saving.
OVERHEAD_SECONDS = 20.0
# Rows that are read for the form; the answer is to come at once.
MOST_READ = 20_000
# Of each trained weight in a checkpoint: the weight, two moments and the best one so far.
CHECKPOINT_BYTES = 16
# Of each in the result.
RESULT_BYTES = 4
# Checkpoints that are on the disk at a time.
CHECKPOINTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is said before the start.

    tokens: of all epochs. seconds: of all steps. memory_bytes: of the training process, the base
    included; memory_note: what else is to be said of it. files_bytes: on the disk at most, while
    it is trained; result_bytes: afterwards. cost: in words, or "" where the operator names no
    price. processor: what the time is of, in words. no_held_out: why no part is held out, or "".
    """

    rows: int
    held_out: int
    no_held_out: str
    sequences: int
    steps: int
    epochs: float
    tokens: int
    seconds: float
    memory_bytes: int
    memory_note: str
    checkpoint_bytes: int
    result_bytes: int
    files_bytes: int
    cost: str
    processor: str
    speed: float
    rule: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def make_plan(*, version: DatasetVersion, base: ModelSpec, options: Options) -> Plan:
    """What training on ``version`` would be. Raises `CannotTrain` where it can not be."""
    held_out, no_held_out = planned_split(version, seed=options.seed)
    training = version.rows - held_out
    if training < 1 or not version.tokens:
        raise CannotTrain("There is no row to train on. Choose a dataset with rows.")
    tokens_each = version.tokens / version.rows
    if tokens_each > context_length(base):
        raise CannotTrain(
            f"The rows have {tokens_each:,.0f} tokens on average, and {base.name} sees "
            f"{context_length(base):,} at a time. Shorten them on the dataset's page."
        )
    speed = training_speed(base, options.method)
    steps_each = math.ceil(training / options.batch)
    epochs = options.epochs
    if options.minutes is not None:
        seconds = max(options.minutes * MINUTE - OVERHEAD_SECONDS, 1.0)
        epochs = max(seconds * speed / (tokens_each * training), 1 / steps_each)
    steps = max(math.ceil(steps_each * epochs), 1)
    tokens = round(tokens_each * training * epochs)
    rule = recommended_minutes(version.size).sentence
    trained = trained_parameters(base, options)
    device, longest = training_device(base), longest_row(version)
    need = memory_needed(
        base,
        options,
        trained=trained,
        longest=longest,
        labels=longest_completion(version, longest),
        device=device,
    )
    check_memory(need, device, base, longest=longest, method=options.method)
    seconds = tokens / speed + OVERHEAD_SECONDS
    price = settings.FINETUNE_COST_PER_HOUR
    return Plan(
        rows=training,
        held_out=held_out,
        no_held_out=no_held_out,
        sequences=training,
        steps=steps,
        epochs=round(epochs, 2),
        tokens=tokens,
        seconds=seconds,
        memory_bytes=need.expected,
        memory_note=memory_note(need, device),
        checkpoint_bytes=trained * CHECKPOINT_BYTES,
        result_bytes=trained * RESULT_BYTES,
        files_bytes=trained * (CHECKPOINTS * CHECKPOINT_BYTES + RESULT_BYTES) + version.size,
        cost=price.words(seconds / HOUR) if price else "",
        processor=device.processor,
        speed=speed,
        rule=rule,
    )


def longest_row(version: DatasetVersion) -> int:
    """Tokens of the longest row, the end of text included; the mean where that is not known."""
    return int(version.figures.get("longest") or max(version.tokens // max(version.rows, 1), 1))


def longest_completion(version: DatasetVersion, longest: int) -> int:
    """About how many tokens of the longest row are learnt: its completion and its end."""
    completions = version.figures.get("completion_tokens")
    if not completions or not version.tokens:
        return longest
    share = (int(completions) + version.rows) / version.tokens
    return min(longest, math.ceil(longest * share))


def planned_split(version: DatasetVersion, *, seed: int) -> tuple[int, str]:
    """How many rows will be held out, and why none, or "".

    Of many rows it is not looked up: there are always enough that are alike to none.
    """
    if version.rows > MOST_READ:
        return min(MOST, version.rows // 10), ""
    try:
        return _split(version.rows_path, seed, str(version.figures.get("task") or ""))
    except OSError:
        raise CannotTrain(
            "The rows of this dataset are not on this server. Have it checked again."
        ) from None


@lru_cache(maxsize=64)
def _split(path: Path, seed: int, task: str) -> tuple[int, str]:
    known: Any = task or None
    split = split_rows(read_rows(path), seed=seed, task=known)
    return len(split.held_out), split.reason


def training_speed(base: ModelSpec, method: Method = "lora") -> float:
    """Tokens a second: what the last such training of ``base`` had, or a guess by its size."""
    same = Q(options__method=method)
    if method == "lora":
        # Of rows that were saved while there was no other way.
        same |= Q(options__method__isnull=True)
    last = (
        FineTune.objects.filter(same, base=base.name, progress__tokens_per_s__gt=0)
        .order_by("-created_at")
        .values_list("progress__tokens_per_s", flat=True)
        .first()
    )
    if last:
        return float(last)
    kind = "cuda" if base.device.startswith("cuda") else "cpu"
    return GUESSED_SPEED[kind] / (PRODUCTS * (parameter_count(base) or GPTJ_6B.parameters))


def trained_parameters(base: ModelSpec, options: Options) -> int:
    """How many weights are trained."""
    if options.method == "full":
        return parameter_count(base) or GPTJ_6B.parameters
    return adapter_parameters(base, options.rank)


def adapter_parameters(base: ModelSpec, rank: int) -> int:
    """Weights of an adapter on all linear layers of ``base``."""
    shape = layer_shape(base)
    if shape is None:
        return 0
    layers, width = shape
    # q, k, v and out: width to width; in and out of the inner layer: width to four times that.
    return layers * rank * (4 * 2 * width + 2 * 5 * width)
