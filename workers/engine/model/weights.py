"""Reads a checkpoint into a `GPTJ`.

Each fused matrix is filled from its tensors by plain reads through one small staging buffer, is put
into its final layout, and only then the next is begun: the peak is the weights and one matrix.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Self

import torch
from torch import Tensor

from workers.engine.backends.choose import choose_backend
from workers.engine.backends.interface import Backend, Linear, Precision
from workers.engine.checkpoint.spec import CheckpointSpec, ModelConfig, check_hashes
from workers.engine.checkpoint.tensor_files import TensorSource, find_tensors
from workers.engine.errors import (
    CheckpointCorrupt,
    EngineError,
    OutOfMemory,
)
from workers.engine.failures import classify
from workers.engine.model.gptj import GPTJ, Block, Norm, rotation_table

_STAGING_BYTES = 8 * 2**20
_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def load_model(spec: CheckpointSpec) -> tuple[GPTJ, Backend]:
    """The model, and the backend that its weights are laid out for. Raises a `CheckpointError` that
    names the file or tensor, `DeviceMissing` or `OutOfMemory`."""
    try:
        return _load(spec)
    except OSError as error:
        raise CheckpointCorrupt(
            f"{error.filename or spec.folder} cannot be read: {error.strerror}. Check who may read "
            "it, and the disk.",
            file=str(error.filename or spec.folder),
        ) from error


def _load(spec: CheckpointSpec) -> tuple[GPTJ, Backend]:
    config = ModelConfig.load(spec.folder)
    sources = find_tensors(spec.folder, config)
    check_hashes(spec)
    backend = choose_backend(spec, _stored_dtype(sources))
    _check_room(config, backend)
    try:
        with _Reader(sources, backend) as reader:
            return _build(config, backend, reader), backend
    except (RuntimeError, MemoryError) as error:
        failure = classify(error)
        if isinstance(failure, OutOfMemory):
            raise _no_room(config, backend, None) from error
        raise


def _stored_dtype(sources: Mapping[str, TensorSource]) -> torch.dtype:
    return _DTYPES[sources["lm_head.weight"].dtype]


def _build(config: ModelConfig, backend: Backend, reader: _Reader) -> GPTJ:
    width, vocabulary = config.n_embd, config.vocab_size
    # The largest matrix first, while there is most room for its second copy.
    head = _head(vocabulary, width, reader)
    blocks = []
    for layer in range(config.n_layer):
        reader.prefetch(f"transformer.h.{layer + 1}.")
        blocks.append(_block(f"transformer.h.{layer}", width, reader))
    embedding = torch.empty(vocabulary, width, dtype=backend.precision.read, device=backend.device)
    reader.read_into(embedding, "transformer.wte.weight")
    return GPTJ(
        config=config,
        embedding=embedding,
        blocks=blocks,
        final_norm=reader.norm("transformer.ln_f", width),
        head=head,
        rotations=rotation_table(config, backend.device),
        activations=backend.precision.activations,
    )


def _head(vocabulary: int, width: int, reader: _Reader) -> Linear:
    reader.prefetch("transformer.h.0.")
    weight = reader.matrix(vocabulary, width)
    reader.read_into(weight, "lm_head.weight")
    head = reader.backend.linear(weight, reader.vector("lm_head.bias", vocabulary))
    reader.drop_scratch()
    return head


def _block(prefix: str, width: int, reader: _Reader) -> Block:
    into = reader.matrix(7 * width, width)
    for index, name in enumerate(("q_proj", "k_proj", "v_proj")):
        reader.read_into(into[index * width : (index + 1) * width], f"{prefix}.attn.{name}.weight")
    reader.read_into(into[3 * width :], f"{prefix}.mlp.fc_in.weight")
    into_bias = reader.empty(7 * width).zero_()
    reader.read_into(into_bias[3 * width :], f"{prefix}.mlp.fc_in.bias")
    project_in = reader.backend.linear(into, into_bias)

    back = reader.matrix(width, 5 * width)
    reader.read_into(back[:, :width], f"{prefix}.attn.out_proj.weight")
    reader.read_into(back[:, width:], f"{prefix}.mlp.fc_out.weight")
    back_bias = reader.vector(f"{prefix}.mlp.fc_out.bias", width)
    project_out = reader.backend.linear(back, back_bias)
    return Block(reader.norm(f"{prefix}.ln_1", width), project_in, project_out)


class _Reader:
    """Copies tensors from files into places, converting their dtype."""

    def __init__(self, sources: Mapping[str, TensorSource], backend: Backend) -> None:
        self.backend = backend
        self._sources = sources
        self._files: dict[Path, BufferedReader] = {}
        self._staging = torch.empty(_STAGING_BYTES, dtype=torch.uint8)
        self.drop_scratch()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in self._files.values():
            file.close()

    def matrix(self, rows: int, columns: int) -> Tensor:
        """A buffer for a product's weight, until the next call. Where products keep a copy in their
        own layout, the plain weights share one buffer, so the kernel has to find and clear its
        pages only once."""
        if not self.backend.copies:
            return self._empty_matrix(rows, columns)
        if self._scratch.numel() < rows * columns:
            self.drop_scratch(rows * columns)
        return self._scratch[: rows * columns].view(rows, columns)

    def drop_scratch(self, size: int = 0) -> None:
        # The old one goes first, so that the two are never held together.
        self._scratch = self._empty_matrix(0)
        if size:
            self._scratch = self._empty_matrix(size)

    def _empty_matrix(self, *shape: int) -> Tensor:
        return torch.empty(*shape, dtype=self.backend.precision.read, device=self.backend.device)

    def prefetch(self, prefix: str) -> None:
        """Asks the kernel to read the tensors of this prefix while others are being packed."""
        for name, source in self._sources.items():
            if name.startswith(prefix):
                handle = self._open(source.path).fileno()
                os.posix_fadvise(handle, source.offset, source.nbytes, os.POSIX_FADV_WILLNEED)

    def empty(self, *shape: int) -> Tensor:
        return torch.empty(
            *shape, dtype=self.backend.precision.activations, device=self.backend.device
        )

    def vector(self, name: str, size: int) -> Tensor:
        place = self.empty(size)
        self.read_into(place, name)
        return place

    def norm(self, prefix: str, size: int) -> Norm:
        return Norm(self.vector(f"{prefix}.weight", size), self.vector(f"{prefix}.bias", size))

    def read_into(self, place: Tensor, name: str) -> None:
        """Fills `place`, of the tensor's own shape, whose rows may be strided: a tensor goes
        straight into its part of a fused matrix, so that no second copy of it is ever whole."""
        source = self._sources[name]
        rows = place.unsqueeze(0) if place.ndim == 1 else place
        row_bytes = source.nbytes // rows.shape[0]
        if row_bytes > self._staging.numel():
            self._staging = torch.empty(row_bytes, dtype=torch.uint8)
        step = self._staging.numel() // row_bytes
        file = self._open(source.path)
        file.seek(source.offset)
        for first in range(0, rows.shape[0], step):
            part = rows[first : first + step]
            staged = self._staging[: part.shape[0] * row_bytes]
            if file.readinto(memoryview(staged.numpy())) != staged.numel():
                raise CheckpointCorrupt(
                    f"{source.path} ended within tensor {name}. Download it again.",
                    file=str(source.path),
                    tensor=name,
                )
            part.copy_(staged.view(_DTYPES[source.dtype]).view(part.shape))
        # These pages are not needed again; let the cache keep others.
        os.posix_fadvise(file.fileno(), source.offset, source.nbytes, os.POSIX_FADV_DONTNEED)

    def _open(self, path: Path) -> BufferedReader:
        if path not in self._files:
            self._files[path] = path.open("rb")
        return self._files[path]


def weight_bytes(config: ModelConfig, precision: Precision) -> int:
    """The memory of the loaded weights, without their scales and sums."""
    embedding = config.vocab_size * config.n_embd
    item_bytes: int = precision.read.itemsize
    return embedding * item_bytes + (config.parameters - embedding) * precision.item_bytes


def _check_room(config: ModelConfig, backend: Backend) -> None:
    """A host that runs out of memory kills without a message, so the need is checked first."""
    free = backend.free_bytes()
    if free is not None and free < weight_bytes(config, backend.precision):
        raise _no_room(config, backend, free)


def _no_room(config: ModelConfig, backend: Backend, free: int | None) -> EngineError:
    need = weight_bytes(config, backend.precision)
    left = "" if free is None else f"; {free / 1e9:.1f} GB are free"
    return OutOfMemory(
        f"The weights need {need / 1e9:.1f} GB as {backend.precision.dtype} on "
        f"{backend.device}{left}. Free memory, or choose a smaller dtype or another device.",
        needed=need,
        free=free,
    )
