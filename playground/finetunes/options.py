"""What can be set about a fine-tune: one list, with each default, range and sentence of help.

The trainer has the same defaults (workers.training.tuning.options); a test holds the two equal.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

Method = Literal["lora", "full"]
METHODS: tuple[Method, ...] = ("lora", "full")
# Rows that a step learns from at a time, however they are divided.
MAX_BATCH = 512
MAX_EPOCHS = 500.0
# The task whose completions are labels, and the one whose are texts for the prompt.
LABELS, TEXTS = "classification", "conditional"
# With what such texts are tried: the likeliest words repeat themselves, and unlikely ones stray.
TEXT_TEMPERATURE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How one fine-tune is trained.

    method: an adapter on all linear layers, or all weights of the base. rank, alpha and dropout
    are the adapter's. minutes: how long it trains at most, or None where epochs are chosen.
    """

    method: Method = "lora"
    epochs: float = 6.0
    minutes: float | None = None
    rank: int = 32
    alpha: float = 64.0
    dropout: float = 0.05
    rate: float = 3e-3
    batch: int = 16
    warmup: float = 0.06
    clip: float = 1.0
    weight_decay: float = 0.0
    patience: int = 3
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Options":
        """The options of a row; what it does not name has its default."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One advanced setting, as the form shows it. least, most: both may be chosen.

    of_adapter: it says nothing where all weights are trained.
    """

    name: str
    label: str
    help: str
    least: float
    most: float
    kind: Literal["whole", "number"] = "number"
    of_adapter: bool = False


SETTINGS = (
    Setting(
        name="rank",
        label="Rank",
        help="How much the adapter can learn. A higher one takes more memory.",
        kind="whole",
        least=1,
        most=256,
        of_adapter=True,
    ),
    Setting(
        name="alpha",
        label="Alpha",
        help="How strongly the adapter acts. Twice the rank is usual.",
        least=0.001,
        most=1024,
        of_adapter=True,
    ),
    Setting(
        name="dropout",
        label="Dropout",
        help="The share of the adapter's inputs that a step leaves out. It keeps small datasets "
        "from being learnt by heart.",
        least=0,
        most=0.9,
        of_adapter=True,
    ),
    Setting(
        name="rate",
        label="Learning rate",
        help="How far one step goes. Too high and the loss jumps; too low and nothing is learnt.",
        least=1e-7,
        most=1,
    ),
    Setting(
        name="batch",
        label="Batch",
        help="Rows that one step learns from.",
        kind="whole",
        least=1,
        most=MAX_BATCH,
    ),
    Setting(
        name="warmup",
        label="Warm-up",
        help="The share of the steps in which the learning rate rises to its full height.",
        least=0,
        most=0.5,
    ),
    Setting(
        name="clip",
        label="Clip",
        help="The largest length of a step's gradient; a longer one is shortened to it.",
        least=0.01,
        most=100,
    ),
    Setting(
        name="weight_decay",
        label="Weight decay",
        help="Pulls what is trained towards zero.",
        least=0,
        most=1,
    ),
    Setting(
        name="patience",
        label="Patience",
        help="After how many evaluations without a better held-out loss training ends. "
        "0 goes on to the end.",
        kind="whole",
        least=0,
        most=100,
    ),
    Setting(
        name="seed",
        label="Seed",
        help="The order of the rows follows from it: the same seed gives the same training.",
        kind="whole",
        least=0,
        most=2**31 - 1,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a base and a task are trained with. rate: an adapter's. full_rate: of all weights."""

    rank: int
    rate: float
    full_rate: float
    epochs: float
    batch: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeClass:
    """What bases of up to ``parameters`` weights are trained with.

    labels: where completions are labels of a few tokens. texts: where they are texts, of which a
    row teaches much more.
    """

    parameters: float
    labels: Recipe
    texts: Recipe


_MIDDLE = Recipe(rank=16, rate=5e-4, full_rate=5e-5, epochs=3.0)
_LARGE = Recipe(rank=16, rate=2e-4, full_rate=1e-5, epochs=3.0)
# Measured on the demo model; see docs/decisions/0057-recipes-by-task.md.
SIZES = (
    SizeClass(
        parameters=50e6,
        labels=Recipe(rank=32, rate=3e-3, full_rate=3e-4, epochs=6.0),
        texts=Recipe(rank=64, rate=3e-3, full_rate=3e-4, epochs=8.0, batch=4),
    ),
    SizeClass(parameters=1e9, labels=_MIDDLE, texts=_MIDDLE),
    SizeClass(parameters=float("inf"), labels=_LARGE, texts=_LARGE),
)


def default_options(
    parameters: int | None, method: Method = "lora", *, task: str = LABELS
) -> Options:
    """What a base of so many weights begins with; None is as GPT-J-6B.

    task: of the dataset, as its check found it.
    """
    count = 6e9 if parameters is None else parameters
    size = next(size for size in SIZES if count <= size.parameters)
    recipe = size.labels if task == LABELS else size.texts
    return replace(
        Options(),
        method=method,
        rank=recipe.rank,
        alpha=2.0 * recipe.rank,
        rate=recipe.rate if method == "lora" else recipe.full_rate,
        epochs=recipe.epochs,
        batch=recipe.batch,
    )
