"""The base model of a fine-tune: a checkpoint's folder as a network and a tokenizer."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from workers.training.network import GPTJ, Shape
from workers.training.tuning.errors import BaseUnusable

_WHOLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
# Buffers that older versions of transformers saved; they hold no weights.
_BUFFERS = (".attn.bias", ".attn.masked_bias", ".attn.embed_positions")
_MOST_BYTES_OF_JSON = 32 * 2**20
_SAMPLE = 2**20


@dataclass(frozen=True)
class Base:
    """A model that was read, with what its texts are made of.

    end_of_text: the token that ends a text, and that an empty prompt is replaced with.
    parameters: how many numbers the model has, without adapters.
    """

    folder: Path
    network: GPTJ
    tokenizer: Tokenizer
    end_of_text: int
    parameters: int

    def encode(self, text: str) -> list[int]:
        """A text's tokens; nothing is added to them."""
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, ids: list[int]) -> str:
        """The text of tokens."""
        text: str = self.tokenizer.decode(ids, skip_special_tokens=False)
        return text


def load_base(
    folder: Path, *, device: str | torch.device = "cpu", dtype: torch.dtype = torch.float32
) -> Base:
    """Read a checkpoint in Hugging Face's format, whole or in shards; raises BaseUnusable.

    ``dtype`` is what matrices and the head are held in, whatever they are stored as; the layers'
    vectors (norms and biases) are fp32. No parameter asks for a gradient.
    """
    config = read_config(folder)
    shape = shape_of(config, folder)
    network = empty_network(shape)
    missing = {name: parameter.shape for name, parameter in network.named_parameters()}
    for name, tensor in _tensors(folder):
        wanted = missing.pop(name, None)
        if wanted is None or tensor.shape != wanted:
            by_config = "has no place" if wanted is None else f"must be {list(wanted)}"
            raise BaseUnusable(
                f"{folder}: tensor {name} has shape {list(tensor.shape)}; by config.json it "
                f"{by_config}. The weights belong to another configuration."
            )
        narrow = tensor.dim() > 1 or name == "lm_head.bias"
        kept = tensor.to(device, dtype if narrow else torch.float32)
        replace_parameter(network, name, nn.Parameter(kept, requires_grad=False))
    if missing:
        raise BaseUnusable(
            f"{folder} has no tensor {min(missing)}, which config.json calls for. The weights are "
            "incomplete: download the checkpoint again."
        )
    network.table = network.table.to(device)
    end_of_text = config.get("eos_token_id")
    if not isinstance(end_of_text, int) or not 0 <= end_of_text < shape.vocab_size:
        raise BaseUnusable(f"{folder}/config.json has no eos_token_id within the vocabulary.")
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Base(folder, network, load_tokenizer(folder), end_of_text, parameters)


def empty_network(shape: Shape) -> GPTJ:
    """A network on no device, whose parameters are to be replaced."""
    with torch.device("meta"), _WithoutFirstWeights():
        return GPTJ(shape)


class _WithoutFirstWeights(TorchFunctionMode):
    """Leaves out what ``torch.nn.init`` would draw: on no device it costs seconds of imports."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


def base_parameters(network: GPTJ) -> Iterator[tuple[str, nn.Parameter]]:
    """Name and parameter of the model itself, without those of an adapter."""
    for name, parameter in network.named_parameters():
        if ".low_rank." not in name:
            yield name, parameter


def read_config(folder: Path) -> dict[str, Any]:
    """The checkpoint's config.json; raises BaseUnusable."""
    return _read_json(folder / "config.json")


def shape_of(config: Mapping[str, Any], folder: Path) -> Shape:
    """The sizes that a config.json names; raises BaseUnusable for what is no GPT-J of ours."""
    fixed = {
        "model_type": ("gptj",),
        "activation_function": ("gelu_new",),
        "tie_word_embeddings": (False, None),
        "n_inner": (None, 4 * config.get("n_embd", 0)),
    }
    for field, allowed in fixed.items():
        if config.get(field) not in allowed:
            raise BaseUnusable(
                f"{folder}/config.json: {field} is {config.get(field)!r:.80}; it must be "
                f"{allowed[0]!r}. Only GPT-J models can be tuned."
            )
    names = ("vocab_size", "n_embd", "n_layer", "n_head", "rotary_dim", "n_positions")
    sizes = {name: config.get(name) for name in names}
    for name, size in sizes.items():
        if not isinstance(size, int) or isinstance(size, bool) or not 0 < size < 2**24:
            raise BaseUnusable(
                f"{folder}/config.json: {name} is {size!r:.80}; it must be a whole number above 0."
            )
    shape = Shape(
        **{name: int(size or 0) for name, size in sizes.items()},
        layer_norm_epsilon=float(config.get("layer_norm_epsilon", 1e-5)),
    )
    if shape.n_embd % shape.n_head or shape.rotary_dim > shape.n_embd // shape.n_head:
        raise BaseUnusable(
            f"{folder}/config.json: n_head {shape.n_head} and rotary_dim {shape.rotary_dim} do "
            f"not fit n_embd {shape.n_embd}."
        )
    return shape


def load_tokenizer(folder: Path) -> Tokenizer:
    """The checkpoint's tokenizer.json; raises BaseUnusable."""
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise BaseUnusable(f"{path} is missing. Add the tokenizer of the model.")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises plain Exception
        raise BaseUnusable(f"{path} holds no tokenizer: {error}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a checkpoint; raises BaseUnusable."""
    if (folder / _WHOLE).is_file():
        return [folder / _WHOLE]
    if not (folder / _INDEX).is_file():
        raise BaseUnusable(
            f"{folder} holds no weights as safetensors: neither {_WHOLE} nor {_INDEX}. Convert "
            "the checkpoint to safetensors."
        )
    places = _read_json(folder / _INDEX).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise BaseUnusable(f"{folder / _INDEX} has no weight_map from tensors to files.")
    paths = []
    for name in sorted({str(name) for name in places.values()}):
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise BaseUnusable(f"{folder / _INDEX} names {name:.80}, which is no file beside it.")
        paths.append(path)
    return paths


def base_digest(folder: Path) -> str:
    """SHA-256 of the configuration and of each weight file's size, beginning and end.

    Enough to tell two models apart, without reading gigabytes.
    """
    digest = hashlib.sha256()
    for path in (folder / "config.json", *weight_files(folder)):
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            digest.update(file.read(_SAMPLE))
            file.seek(max(0, size - _SAMPLE))
            digest.update(file.read(_SAMPLE))
    return digest.hexdigest()


def _tensors(folder: Path) -> Iterator[tuple[str, Tensor]]:
    for path in weight_files(folder):
        try:
            with safe_open(path, framework="pt") as file:
                for stored in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                    if stored.endswith(_BUFFERS) or ".rotary_emb." in stored:
                        continue
                    if file.get_slice(stored).get_dtype() not in _DTYPES:
                        raise BaseUnusable(
                            f"{path}: tensor {stored} is none of {', '.join(_DTYPES)}."
                        )
                    whole = stored.startswith(("transformer.", "lm_head."))
                    name = stored if whole else f"transformer.{stored}"
                    yield name, file.get_tensor(stored)
        except (SafetensorError, OSError) as error:
            raise BaseUnusable(
                f"{path} is truncated or damaged: {error}. Download it again."
            ) from error


def replace_parameter(network: GPTJ, name: str, parameter: nn.Parameter) -> None:
    """Put a parameter into the place that its name says."""
    place, _, last = name.rpartition(".")
    setattr(network.get_submodule(place), last, parameter)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = json.loads(file.read(_MOST_BYTES_OF_JSON))
    except OSError as error:
        raise BaseUnusable(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise BaseUnusable(f"{path} is damaged: {error}. Download it again.") from error
    if not isinstance(data, dict):
        raise BaseUnusable(f"{path} holds no JSON object. Download it again.")
    return data
