"""The weights of a folder, one tensor at a time: never more of them in memory than one needs."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from workers.training.network import GPTJ, Shape
from workers.training.tuning.base import read_config, shape_of, weight_files
from workers.training.tuning.errors import BaseUnusable


class StoredWeights:
    """A GPT-J checkpoint in safetensors, whole or in shards; raises BaseUnusable.

    shapes: of each tensor, by its name in transformers' ``GPTJForCausalLM``, in the order of the
        network.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = read_config(folder)
        self.shape: Shape = shape_of(self.config, folder)
        with torch.device("meta"):
            network = GPTJ(self.shape)
        self.shapes: Mapping[str, torch.Size] = {
            name: parameter.shape for name, parameter in network.named_parameters()
        }
        self._places = {name: place for name, place in self._find() if name in self.shapes}
        missing = self.shapes.keys() - self._places.keys()
        if missing:
            raise BaseUnusable(f"{folder} has no tensor {min(missing)}. It is incomplete.")

    def _find(self) -> Iterator[tuple[str, tuple[Path, str]]]:
        for path in weight_files(self.folder):
            with safe_open(path, framework="pt") as file:
                for stored in file.keys():  # noqa: SIM118 (safe_open is no mapping)
                    whole = stored.startswith(("transformer.", "lm_head."))
                    yield stored if whole else f"transformer.{stored}", (path, stored)

    def read(self, name: str) -> Tensor:
        """A tensor in fp32 with memory of its own."""
        return self.read_stored(name).to(torch.float32, copy=True)

    def read_stored(self, name: str) -> Tensor:
        """A tensor as it is stored, on the file's pages: they are in memory as long as it is."""
        path, stored = self._places[name]
        with safe_open(path, framework="pt") as file:
            tensor: Tensor = file.get_tensor(stored)
            if tensor.shape != self.shapes[name]:
                raise BaseUnusable(
                    f"{path}: tensor {stored} has shape {list(tensor.shape)}; by config.json it "
                    f"must be {list(self.shapes[name])}."
                )
            return tensor
