"""How much memory a training takes, and how much the devices have on which it may run.

The trainer finds by trying how many rows it computes at a time (workers.training.tuning.memory).
What rows take is counted as it counts them; a test holds the two equal.
"""

import os
from dataclasses import dataclass

from django.conf import settings

from playground.checkpoints.config_file import ModelSizes, model_sizes
from playground.checkpoints.jobs import FINETUNE
from playground.checkpoints.registry import ModelSpec
from playground.checkpoints.selectors import live_workers
from playground.core.errors import CannotTrain
from playground.finetunes.options import Method, Options
from playground.finetunes.pages.words import size

# The interpreter, torch and what it loads for itself, measured on the demo model.
PROCESS_BYTES = {"cpu": 400 << 20, "cuda": 1 << 30}
# What the comparison of base and tuned model takes in the place of rows that are learnt from: its
# parts are bounded, whatever the base is. Measured there too.
COMPARISON_BYTES = 500 << 20
# Of each trained weight: itself, its gradient, two moments.
TRAINED_BYTES = 16
# Tokens of a part on a CPU, and the share of free memory that is counted on: the trainer's.
CPU_TOKENS = 1024
USABLE = 0.8
GPTJ_6B = ModelSizes(
    context=2048, parameters=6_050_882_784, layers=28, width=4096, heads=16, vocabulary=50_400
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where a base is trained. total, free: bytes, or None while no worker has said so; free: as
    it was when nothing was trained there."""

    name: str
    total: int | None = None
    free: int | None = None

    @property
    def kind(self) -> str:
        return "cuda" if self.name.startswith("cuda") else "cpu"

    @property
    def processor(self) -> str:
        """What people call that which computes."""
        return "graphics processor" if self.kind == "cuda" else "processor"

    @property
    def holder(self) -> str:
        """What people call that which has the memory."""
        return "graphics processor" if self.kind == "cuda" else "machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Bytes of a training. base: with the process itself. rows: as many as are computed at a time.
    one_row: the longest alone. comparison: at the end, when no row is learnt from any more."""

    base: int
    trained: int
    rows: int
    one_row: int
    comparison: int = 0

    @property
    def expected(self) -> int:
        return self.base + self.trained + max(self.rows, self.comparison)

    @property
    def least(self) -> int:
        return self.base + self.trained + self.one_row


def training_device(base: ModelSpec) -> Device:
    """Of the devices whose workers train ``base``, the one with the most memory; else the one that
    the registry names, of which nothing is known."""
    workers = live_workers(FINETUNE).filter(model=base.name, memory_total__isnull=False)
    best = workers.order_by("-memory_total").first()
    if best is None:
        return Device(name=base.device)
    return Device(name=best.device, total=best.memory_total, free=best.memory_free)


def memory_needed(
    base: ModelSpec, options: Options, *, trained: int, longest: int, labels: int, device: Device
) -> Need:
    """What a training takes on ``device``.

    trained: weights. longest: tokens of the longest row, ``labels`` of them to be learnt.
    """
    sizes = model_sizes(base) or GPTJ_6B
    on_cpu = device.kind == "cpu"
    threads = training_threads() if on_cpu else 1

    def bytes_of(rows: int) -> int:
        if on_cpu:
            rows = min(rows, max(1, CPU_TOKENS // longest)) * threads
        needed = bytes_of_rows(sizes, rows, longest, labels=labels)
        # There inner states are in bfloat16.
        return needed if on_cpu else needed // 2

    rows = -(-options.batch // 2) if on_cpu else options.batch
    while rows > 1 and device.free is not None and bytes_of(rows) > USABLE * device.free:
        rows = -(-rows // 2)
    return Need(
        base=PROCESS_BYTES[device.kind]
        + round(_bytes_of_weight(options.method, device) * sizes.parameters),
        trained=TRAINED_BYTES * trained,
        rows=bytes_of(rows),
        one_row=bytes_of(1),
        # All weights are compared with their base, which is then read again.
        comparison=COMPARISON_BYTES + (4 * sizes.parameters if options.method == "full" else 0),
    )


def _bytes_of_weight(method: Method, device: Device) -> float:
    """Of each weight of the base, as the trainer holds it: in 4 bits its embeddings stay as they
    are. Where all of them are trained: the best ones so far, which a GPU's job has elsewhere."""
    if method == "full":
        return 4.0 if device.kind == "cpu" else 0.0
    if device.kind == "cpu":
        return 4.0
    return 0.75 if settings.FINETUNE_QUANTIZE == "nf4" else 2.0


def training_threads() -> int:
    """Threads of a job on a CPU of this host."""
    return int(settings.FINETUNE_THREADS) or max((os.cpu_count() or 1) // 2, 1)


def bytes_of_rows(sizes: ModelSizes, rows: int, length: int, *, labels: int) -> int:
    """About what the gradient needs of rows of this length: inner states, scores and logits."""
    scores = 2 * sizes.heads * length * 4 if length <= 512 else 0
    states = rows * length * (40 * sizes.width * 4 + scores)
    logits = min(3 * rows * labels * sizes.vocabulary, 2**28) * 4
    return (sizes.layers + 1) * states + logits


def check_memory(
    need: Need, device: Device, base: ModelSpec, *, longest: int, method: Method = "lora"
) -> None:
    """Raises `CannotTrain` for what the device could not hold if all of its memory were free.

    All weights may be divided over several GPUs; of how many, only the launcher knows.
    """
    total = device.total
    if total is None or need.least <= total:
        return
    if method == "full":
        if settings.FINETUNE_LAUNCHER and device.kind == "cuda":
            return
        advice = "Train an adapter, or choose a smaller base."
    elif need.base > total:
        advice = "Choose a smaller base."
    elif need.base + need.trained > total:
        advice = "Choose a smaller rank or a smaller base."
    else:
        advice = (
            f"Shorten the longest rows (they have {longest:,} tokens), or choose a smaller rank or "
            "a smaller base."
        )
    raise CannotTrain(
        f"This training takes {size(need.least)} of memory at least, and the "
        f"{device.holder} that trains {base.name} has {size(total)}. {advice}"
    )


def memory_note(need: Need, device: Device) -> str:
    """What else there is to say of it; "" for nothing."""
    if device.total is None:
        return "Whether it fits is not known: no worker has reported its memory yet."
    if device.free is not None and need.least > device.free:
        return (
            f"Only {size(device.free)} of {size(device.total)} is free there now, "
            "so it fails unless more becomes free."
        )
    return ""
