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

from workers.engine.backends.form import Form, choose_form
from workers.engine.backends.host_memory import available_bytes
from workers.engine.backends.torch.linear import Linear
from workers.engine.checkpoint.spec import CheckpointSpec, ModelConfig, check_hashes
from workers.engine.checkpoint.tensor_files import TensorSource, find_tensors
from workers.engine.errors import (
    CheckpointCorrupt,
    CheckpointUnsupported,
    DeviceMissing,
    EngineError,
    OutOfMemory,
)
from workers.engine.failures import classify
from workers.engine.model.gptj import GPTJ, Block, Norm, rotation_table

_STAGING_BYTES = 8 * 2**20
_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def load_model(spec: CheckpointSpec) -> GPTJ:
    """Raises a `CheckpointError` that names the file or tensor, or `OutOfMemory`."""
    try:
        return _load(spec)
    except OSError as error:
        raise CheckpointCorrupt(
            f"{error.filename or spec.folder} cannot be read: {error.strerror}. Check who may read "
            "it, and the disk.",
            file=str(error.filename or spec.folder),
        ) from error


def _load(spec: CheckpointSpec) -> GPTJ:
    config = ModelConfig.load(spec.folder)
    sources = find_tensors(spec.folder, config)
    check_hashes(spec)
    form = choose_form(spec, find_device(spec.device), _stored_dtype(sources))
    _check_room(config, form)
    try:
        with _Reader(sources, form) as reader:
            return _build(config, form, reader)
    except (RuntimeError, MemoryError) as error:
        failure = classify(error)
        if isinstance(failure, OutOfMemory):
            raise _no_room(config, form, None) from error
        raise


def _stored_dtype(sources: Mapping[str, TensorSource]) -> torch.dtype:
    return _DTYPES[sources["lm_head.weight"].dtype]


def _build(config: ModelConfig, form: Form, reader: _Reader) -> GPTJ:
    width, vocabulary = config.n_embd, config.vocab_size
    # The largest matrix first, while there is most room for its second copy.
    head = _head(vocabulary, width, reader)
    blocks = []
    for layer in range(config.n_layer):
        reader.prefetch(f"transformer.h.{layer + 1}.")
        blocks.append(_block(f"transformer.h.{layer}", width, reader))
    embedding = torch.empty(vocabulary, width, dtype=form.read, device=form.device)
    reader.read("transformer.wte.weight", embedding)
    return GPTJ(
        config=config,
        embedding=embedding,
        blocks=blocks,
        final_norm=reader.norm("transformer.ln_f", width),
        head=head,
        rotations=rotation_table(config, form.device),
        activations=form.activations,
        cached=form.cached,
        native=form.native,
    )


def _head(vocabulary: int, width: int, reader: _Reader) -> Linear:
    reader.prefetch("transformer.h.0.")
    weight = reader.matrix(vocabulary, width)
    reader.read("lm_head.weight", weight)
    head = reader.form.linear(weight, reader.vector("lm_head.bias", vocabulary))
    reader.drop_scratch()
    return head


def _block(prefix: str, width: int, reader: _Reader) -> Block:
    into = reader.matrix(7 * width, width)
    for index, name in enumerate(("q_proj", "k_proj", "v_proj")):
        reader.read(f"{prefix}.attn.{name}.weight", into[index * width : (index + 1) * width])
    reader.read(f"{prefix}.mlp.fc_in.weight", into[3 * width :])
    into_bias = reader.empty(7 * width).zero_()
    reader.read(f"{prefix}.mlp.fc_in.bias", into_bias[3 * width :])
    project_in = reader.form.linear(into, into_bias)

    back = reader.matrix(width, 5 * width)
    reader.read(f"{prefix}.attn.out_proj.weight", back[:, :width])
    reader.read(f"{prefix}.mlp.fc_out.weight", back[:, width:])
    back_bias = reader.vector(f"{prefix}.mlp.fc_out.bias", width)
    project_out = reader.form.linear(back, back_bias)
    return Block(reader.norm(f"{prefix}.ln_1", width), project_in, project_out)


class _Reader:
    """Copies tensors from files into places, converting their dtype."""

    def __init__(self, sources: Mapping[str, TensorSource], form: Form) -> None:
        self.form = form
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
        """A place for a product's weight, until the next call: where products keep a copy in a
        layout of their own, the plain ones share one buffer, whose pages the kernel then has to
        find and clear only once."""
        if not self.form.copies:
            return torch.empty(rows, columns, dtype=self.form.read, device=self.form.device)
        if self._scratch.numel() < rows * columns:
            self.drop_scratch(rows * columns)
        return self._scratch[: rows * columns].view(rows, columns)

    def drop_scratch(self, size: int = 0) -> None:
        self._scratch = torch.empty(0, dtype=self.form.read, device=self.form.device)
        if size:
            self._scratch = self._scratch.new_empty(size)

    def prefetch(self, prefix: str) -> None:
        """Asks the kernel to read the tensors of this prefix while others are being packed."""
        for name, source in self._sources.items():
            if name.startswith(prefix):
                handle = self._open(source.path).fileno()
                os.posix_fadvise(handle, source.offset, source.nbytes, os.POSIX_FADV_WILLNEED)

    def empty(self, *shape: int) -> Tensor:
        return torch.empty(*shape, dtype=self.form.activations, device=self.form.device)

    def vector(self, name: str, size: int) -> Tensor:
        place = self.empty(size)
        self.read(name, place)
        return place

    def norm(self, prefix: str, size: int) -> Norm:
        return Norm(self.vector(f"{prefix}.weight", size), self.vector(f"{prefix}.bias", size))

    def read(self, name: str, place: Tensor) -> None:
        """Fills `place`, of the tensor's own shape; its rows may be strided."""
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


def find_device(name: str) -> torch.device:
    """The device called ``name``. Raises `DeviceMissing` while it is not there."""
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise CheckpointUnsupported(f"There is no device {name!r}.", device=name) from error
    if device.type not in ("cpu", "cuda"):
        raise CheckpointUnsupported(f"Device {name!r} is neither cpu nor cuda.", device=name)
    if device.type == "cuda":
        _check_cuda(name, device.index or 0)
    return device


def _check_cuda(name: str, index: int) -> None:
    """Says why torch has no such device: its build, the driver, or too high a number."""
    count = torch.cuda.device_count()
    if index < count:
        return
    if torch.version.cuda is None:
        why = f"this PyTorch ({torch.__version__}) is built without CUDA"
        advice = "install its build for CUDA"
    elif count == 0:
        why = "torch finds none"
        advice = "check nvidia-smi and CUDA_VISIBLE_DEVICES"
    else:
        why = f"torch finds {count}, numbered from cuda:0"
        advice = "choose another number"
    raise DeviceMissing(
        f"It waits for the CUDA device {name!r}: {why}. Mend that ({advice}), or serve the "
        "model on another device.",
        device=name,
        found=count,
    )


def weight_bytes(config: ModelConfig, form: Form) -> int:
    """What the weights take once they are loaded, their scales and sums aside."""
    embedding = config.vocab_size * config.n_embd
    item_bytes: int = form.read.itemsize
    return embedding * item_bytes + (config.parameters - embedding) * form.item_bytes


def _check_room(config: ModelConfig, form: Form) -> None:
    """A host that runs short kills without a word, so what is needed is asked for first."""
    if form.device.type == "cuda":
        free: int | None = torch.cuda.mem_get_info(form.device)[0]
    else:
        free = available_bytes()
    if free is not None and free < weight_bytes(config, form):
        raise _no_room(config, form, free)


def _no_room(config: ModelConfig, form: Form, free: int | None) -> EngineError:
    need = weight_bytes(config, form)
    left = "" if free is None else f"; {free / 1e9:.1f} GB are free"
    return OutOfMemory(
        f"The weights need {need / 1e9:.1f} GB as {form.dtype} on {form.device}{left}. Free "
        "memory, or choose a smaller dtype or another device.",
        needed=need,
        free=free,
    )
