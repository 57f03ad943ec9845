"""A model's facts from its config.json: its window and its size."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from playground.checkpoints.files import local_file
from playground.checkpoints.json_files import MAX_CONFIG_BYTES, read_object
from playground.checkpoints.registry import ModelSpec
from playground.core.errors import ModelNotReady

GPTJ_CONTEXT = 2048
# The limits of a worker (workers.engine.checkpoint.spec.MAX_SIZES); a test keeps them equal.
MAX_SIZES = {
    "vocab_size": 1 << 20,
    "n_positions": 1 << 16,
    "n_embd": 1 << 16,
    "n_layer": 1 << 10,
    "n_head": 1 << 16,
    "rotary_dim": 1 << 10,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSizes:
    """context: positions, prompt and completion together. parameters: how many weights.
    layers, width, heads: how many blocks there are, of how many units and heads of attention.
    vocabulary: how many tokens it knows."""

    context: int
    parameters: int
    layers: int
    width: int
    heads: int
    vocabulary: int


def context_length(spec: ModelSpec) -> int:
    """Positions of the model: prompt and completion together. GPT-J's while none are known."""
    sizes = model_sizes(spec)
    return sizes.context if sizes else GPTJ_CONTEXT


def parameter_count(spec: ModelSpec) -> int | None:
    """How many weights the model has, or None while its config is not here or is wrong."""
    sizes = model_sizes(spec)
    return sizes.parameters if sizes else None


def layer_shape(spec: ModelSpec) -> tuple[int, int] | None:
    """How many layers the model has and how wide they are, or None while that is not known."""
    sizes = model_sizes(spec)
    return (sizes.layers, sizes.width) if sizes else None


def model_sizes(spec: ModelSpec) -> ModelSizes | None:
    """All of them, or None while they are not known.

    The worker and `manage.py doctor` say why a config cannot be read.
    """
    path = local_file(spec, "config.json")
    try:
        return read_sizes(path) if path else None
    except ModelNotReady:
        return None


def read_sizes(path: Path) -> ModelSizes:
    """The sizes in the config.json at ``path``. Raises `ModelNotReady` with the reason."""
    try:
        stat = path.stat()
    except OSError as error:
        raise ModelNotReady(f"{path} cannot be read: {error.strerror}.") from error
    found = _read(path, stat.st_mtime_ns, stat.st_size)
    if isinstance(found, ModelNotReady):
        raise found
    return found


# The error is cached too: a file that takes long to refuse is read only once.
@lru_cache(maxsize=32)
def _read(path: Path, _modified: int, _size: int) -> ModelSizes | ModelNotReady:
    try:
        config = read_object(path, at_most=MAX_CONFIG_BYTES)
        sizes = {name: _whole(config, name, path) for name in MAX_SIZES}
    except ModelNotReady as error:
        return error
    return ModelSizes(
        context=sizes["n_positions"],
        parameters=_count_parameters(sizes),
        layers=sizes["n_layer"],
        width=sizes["n_embd"],
        heads=sizes["n_head"],
        vocabulary=sizes["vocab_size"],
    )


def _whole(config: dict[str, Any], name: str, path: Path) -> int:
    value, most = config.get(name), MAX_SIZES[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ModelNotReady(
            f"{path}: {name} is {value!r:.80}; it must be a whole number from 1 to {most}."
        )
    return value


def _count_parameters(sizes: dict[str, int]) -> int:
    """Weights of a GPT-J of this shape (Hugging Face's GPTJForCausalLM)."""
    d, layers, vocabulary = sizes["n_embd"], sizes["n_layer"], sizes["vocab_size"]
    attention = 4 * d * d
    feed_forward = 8 * d * d + 5 * d
    norm = 2 * d
    return layers * (attention + feed_forward + norm) + norm + vocabulary * (2 * d + 1)
