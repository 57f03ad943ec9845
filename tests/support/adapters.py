"""Adapters of random weights in PEFT's format, made without torch or PEFT."""

import json
import random
import struct
import uuid
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playground.accounts.models import Person
from playground.checkpoints.models import Adapter
from playground.checkpoints.services import adapter_register

# Module -> part of the block, outputs, inputs; both in widths of the model.
MODULES = {
    "q_proj": ("attn", 1, 1),
    "v_proj": ("attn", 1, 1),
    "fc_in": ("mlp", 4, 1),
    "fc_out": ("mlp", 1, 4),
}


def write_adapter(
    folder: Path,
    checkpoint: Path,
    *,
    seed: int = 1,
    rank: int = 4,
    alpha: float = 32.0,
    modules: Sequence[str] = ("q_proj", "v_proj", "fc_in", "fc_out"),
    zero_b: bool = False,
    config: Mapping[str, Any] | None = None,
) -> Path:
    """An adapter for the model of ``checkpoint``, strong enough to change its text.

    zero_b: B as training begins with it, so that nothing is changed. config: fields on top.
    """
    sizes = json.loads((checkpoint / "config.json").read_text())
    width, layers = sizes["n_embd"], sizes["n_layer"]
    draw = random.Random(seed)
    tensors: dict[str, tuple[tuple[int, int], array[float]]] = {}
    for layer in range(layers):
        for module in modules:
            part, out, into = MODULES[module]
            path = f"base_model.model.transformer.h.{layer}.{part}.{module}"
            for half, shape in (("A", (rank, into * width)), ("B", (out * width, rank))):
                spread = 0.0 if half == "B" and zero_b else 0.3
                count = shape[0] * shape[1]
                tensors[f"{path}.lora_{half}.weight"] = (
                    shape,
                    array("f", (draw.uniform(-spread, spread) for _ in range(count))),
                )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text(
        json.dumps(
            {
                "peft_type": "LORA",
                "task_type": "CAUSAL_LM",
                "r": rank,
                "lora_alpha": alpha,
                "target_modules": list(modules),
                **(config or {}),
            }
        )
    )
    (folder / "adapter_model.safetensors").write_bytes(_safetensors(tensors))
    return folder


def make_adapter(
    person: Person, folder: Path, checkpoint: Path, *, title: str = "Tuned", **values: Any
) -> Adapter:
    """A registered tuned model of ``person``, for the model "tiny" unless ``base`` is given."""
    seed = values.pop("seed", 1)
    source = write_adapter(folder / f"source-{uuid.uuid4().hex}", checkpoint, seed=seed)
    row = {"base": "tiny", "title": title, **values}
    return adapter_register(person=person, folder=source, take_over=True, **row)


def _safetensors(tensors: dict[str, tuple[tuple[int, int], "array[float]"]]) -> bytes:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    begin = 0
    for name, (shape, numbers) in tensors.items():
        end = begin + 4 * len(numbers)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(numbers.tobytes() for _, numbers in tensors.values())
    return struct.pack("<Q", len(text)) + text + data
