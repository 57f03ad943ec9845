"""What a fine-tune is asked to do: ``job.json``, field by field, with defaults by size of the base.

Raises OptionWrong, which names the field and what it may be.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from workers.training.tuning.errors import OptionWrong

FORMAT = 1
MOST_BYTES = 2**20

Method = Literal["lora", "full"]
Precision = Literal["auto", "fp32", "bf16"]
Task = Literal["classification", "conditional", "open"]
Shard = Literal["auto", "never", "always"]
Quantize = Literal["none", "nf4"]


@dataclass(frozen=True)
class Recipe:
    """What suits a base and a task. rate is LoRA's, full_rate that of a full fine-tune."""

    rank: int
    rate: float
    full_rate: float
    epochs: float
    batch: int = 16


@dataclass(frozen=True)
class SizeDefaults:
    """What suits bases of at most so many parameters.

    labels: where completions are labels of a few tokens. texts: where they are texts, of which a
    row teaches much more.
    """

    parameters: float
    labels: Recipe
    texts: Recipe


_MIDDLE = Recipe(rank=16, rate=5e-4, full_rate=5e-5, epochs=3)
_LARGE = Recipe(rank=16, rate=2e-4, full_rate=1e-5, epochs=3)

SIZES = (
    SizeDefaults(
        50e6,
        labels=Recipe(rank=32, rate=3e-3, full_rate=3e-4, epochs=6),
        texts=Recipe(rank=64, rate=3e-3, full_rate=3e-4, epochs=8, batch=4),
    ),
    SizeDefaults(1e9, labels=_MIDDLE, texts=_MIDDLE),
    SizeDefaults(float("inf"), labels=_LARGE, texts=_LARGE),
)
"""The defaults by size of the base, smallest first."""


def recipe_for(parameters: int, task: Task) -> Recipe:
    """What suits a base of so many parameters and the task."""
    size = next(size for size in SIZES if parameters <= size.parameters)
    return size.labels if task == "classification" else size.texts


@dataclass(frozen=True)
class TuningOptions:
    """A fine-tune. Only ``base`` must be given; None takes what suits base and task."""

    base: str
    """Folder of the checkpoint that is tuned."""
    method: Method = "lora"
    """lora: small matrices beside all linear layers. full: every weight."""
    rank: int | None = None
    """Of LoRA's matrices, 1 to 512. More can learn more, and costs memory and time."""
    alpha: float | None = None
    """What LoRA adds is multiplied by alpha / rank. None is twice the rank."""
    dropout: float = 0.05
    """Share of what LoRA's matrices read that is set to zero in training, 0 to below 1."""
    rate: float | None = None
    """The highest learning rate, above 0 and at most 1."""
    epochs: float | None = None
    """How often every row is seen, above 0 and at most 10,000. Not together with ``minutes``."""
    minutes: float | None = None
    """How long to train, above 0 and at most 100,000. Not together with ``epochs``."""
    batch: int | None = None
    """Rows of one step, 1 to 4,096."""
    micro_batch: int | None = None
    """Rows computed at once, at most ``batch``. None tries the longest rows and takes what fits. On
    a CPU long rows are fewer: 1,024 tokens are enough for a core."""
    warmup: float = 0.06
    """Share of the steps over which the rate rises, 0 to 1."""
    clip: float = 1.0
    """Longest gradient of a step, above 0; longer ones are shortened to it."""
    weight_decay: float = 0.0
    """Of AdamW, 0 to 1."""
    seed: int = 0
    """Decides order, dropout and the first weights of the adapter, 0 to 2^31 - 1."""
    threads: int = 1
    """Cores of a CPU, 1 to 256. One beside a worker that generates. The result is the same."""
    nice: int = 10
    """How much a CPU is left to others, 0 to 19."""
    precision: Precision = "auto"
    """Of the products. auto takes bf16 where the processor multiplies matrices of it."""
    packing: bool = True
    """Compute rows without padding. The result is the same up to rounding."""
    gradient_checkpointing: bool = False
    """Compute each layer twice instead of keeping its inner states: less memory, a third slower."""
    shard: Shard = "auto"
    """Whether a full fine-tune of several processes divides weights, gradients and moments over
    them. auto divides on GPUs. The result is the same up to rounding."""
    quantize: Quantize = "none"
    """nf4 holds the base's linear layers in 4 bits while LoRA is trained (QLoRA): less memory, and
    slower. It needs a GPU and the package bitsandbytes. What is learnt is for the base as it is."""
    max_length: int = 2048
    """Most tokens of a row with its end of text, at most the base's positions. Of a longer row the
    head of the prompt is left out, never any of the completion."""
    evaluate_every: int | None = None
    """Steps between two looks at the held-out rows. None is once an epoch, at most 20 times."""
    save_seconds: float = 60.0
    """Seconds between two checkpoints: what a killed job computes twice at most."""
    patience: int = 3
    """Looks at the held-out rows without a new best one after which training stops; 0 goes on."""
    held_out: int | None = None
    """Rows that were held out; only for the record."""
    task: Task = "conditional"
    """What the rows are, as the checks of the dataset found."""
    samples: tuple[str, ...] = ()
    """Prompts, at most 8, whose text is shown at each look at the held-out rows."""
    dataset_sha256: str = ""
    """Of the dataset's file. A job goes on only with the same one."""

    def __post_init__(self) -> None:
        for name, (check, allowed) in _RULES.items():
            value = getattr(self, name)
            if value is not None and not check(value):
                raise OptionWrong(f"{name} is {value!r:.80}; it must be {allowed}.")
        if self.epochs is not None and self.minutes is not None:
            raise OptionWrong("epochs and minutes are both set; choose one of them.")
        if (
            self.batch is not None
            and self.micro_batch is not None
            and self.micro_batch > self.batch
        ):
            raise OptionWrong(
                f"micro_batch is {self.micro_batch}; it must be at most batch, {self.batch}."
            )
        if self.method == "full" and (self.rank or self.alpha):
            raise OptionWrong("rank and alpha are LoRA's; leave them out with method full.")
        if self.method == "full" and self.quantize != "none":
            raise OptionWrong("quantize is for LoRA; with method full it must be none.")
        if self.method == "lora" and self.shard == "always":
            raise OptionWrong("shard is for method full; LoRA has little to divide.")

    def resolved(self, parameters: int) -> "TuningOptions":
        """The same with what suits a base of so many parameters where nothing was chosen."""
        recipe = recipe_for(parameters, self.task)
        rank = self.rank or recipe.rank
        changes: dict[str, Any] = {
            "rate": self.rate or (recipe.rate if self.method == "lora" else recipe.full_rate),
            "batch": self.batch or max(recipe.batch, self.micro_batch or 1),
        }
        if self.method == "lora":
            changes |= {"rank": rank, "alpha": self.alpha or 2.0 * rank}
        if self.minutes is None:
            changes["epochs"] = self.epochs or recipe.epochs
        return replace(self, **changes)

    def digest(self) -> str:
        """SHA-256 of all that the result depends on, of resolved options."""
        values = asdict(self)
        for name in _FREE:
            del values[name]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


# What may change while a job is stopped: its weights stay the same.
_FREE = (
    *("base", "threads", "nice", "save_seconds", "samples", "held_out", "micro_batch", "task"),
    "shard",
)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(least: int, most: int) -> tuple[Any, str]:
    def check(value: object) -> bool:
        return type(value) is int and least <= value <= most

    return check, f"a whole number from {least:,} to {most:,}"


def _above(least: float, most: float) -> tuple[Any, str]:
    def check(value: Any) -> bool:
        return _is_number(value) and least < value <= most

    return check, f"a number above {least:g} and at most {most:,g}"


def _share(*, one_too: bool) -> tuple[Any, str]:
    def check(value: Any) -> bool:
        return _is_number(value) and value >= 0 and (value <= 1 if one_too else value < 1)

    return check, f"a number from 0 to {'1' if one_too else 'below 1'}"


def _one_of(*allowed: str) -> tuple[Any, str]:
    return (lambda value: value in allowed), f"one of {', '.join(allowed)}"


def _are_samples(value: object) -> bool:
    return isinstance(value, tuple) and len(value) <= 8 and all(isinstance(x, str) for x in value)


_RULES: Mapping[str, tuple[Any, str]] = MappingProxyType(
    {
        "base": (lambda value: isinstance(value, str) and value != "", "the path of a folder"),
        "method": _one_of("lora", "full"),
        "rank": _whole(1, 512),
        "alpha": _above(0, 100_000),
        "dropout": _share(one_too=False),
        "rate": _above(0, 1),
        "epochs": _above(0, 10_000),
        "minutes": _above(0, 100_000),
        "batch": _whole(1, 4096),
        "micro_batch": _whole(1, 4096),
        "warmup": _share(one_too=True),
        "clip": _above(0, 1e9),
        "weight_decay": _share(one_too=True),
        "seed": _whole(0, 2**31 - 1),
        "threads": _whole(1, 256),
        "nice": _whole(0, 19),
        "precision": _one_of("auto", "fp32", "bf16"),
        "packing": (lambda value: isinstance(value, bool), "true or false"),
        "gradient_checkpointing": (lambda value: isinstance(value, bool), "true or false"),
        "shard": _one_of("auto", "never", "always"),
        "quantize": _one_of("none", "nf4"),
        "max_length": _whole(2, 2**20),
        "evaluate_every": _whole(1, 10**9),
        "save_seconds": _above(0, 10**6),
        "patience": _whole(0, 10**6),
        "held_out": _whole(0, 10**9),
        "task": _one_of("classification", "conditional", "open"),
        "samples": (_are_samples, "at most 8 prompts"),
        "dataset_sha256": (lambda value: isinstance(value, str), "a text"),
    }
)


def read_options(path: Path) -> TuningOptions:
    """The options of a job.json; raises OptionWrong."""
    try:
        with path.open("rb") as file:
            data = json.loads(file.read(MOST_BYTES))
    except OSError as error:
        raise OptionWrong(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise OptionWrong(f"{path} holds no JSON: {error}.") from error
    if not isinstance(data, dict):
        raise OptionWrong(f"{path} holds no JSON object.")
    if data.pop("format", None) != FORMAT:
        raise OptionWrong(f"{path}: format must be {FORMAT}; it was written for another version.")
    known = {field.name for field in fields(TuningOptions)}
    if unknown := sorted(data.keys() - known):
        raise OptionWrong(f"{path}: there is no field {unknown[0]!r:.80}. Leave it out.")
    if "base" not in data:
        raise OptionWrong(f"{path}: base is missing; it is the folder of the model to tune.")
    for name in ("samples",):
        if isinstance(data.get(name), list):
            data[name] = tuple(data[name])
    nothing = [name for name, value in data.items() if value is None]
    return TuningOptions(**{name: data[name] for name in data if name not in nothing})
