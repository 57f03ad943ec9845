"""Writes a GPT-J checkpoint with random weights, in Hugging Face's format.

For measuring and testing at any size without a download: tensors are drawn and written one by one,
so 12 GB of weights take little memory. The same seed gives the same files.

    python tools/random_checkpoint.py --out DIR                      # GPT-J-6B's sizes, bfloat16
    python tools/random_checkpoint.py --layers 2 --width 64 --heads 4 --rotary 8 --vocab 300 \\
        --positions 128 --dtype float32 --out DIR
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import torch

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from workers.engine.checkpoint.spec import ModelConfig
from workers.engine.text import END_OF_TEXT, FILLER_PREFIX, byte_alphabet

_NAMES = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}
_PIECE = 2**24
_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
    "merges.txt",
    "added_tokens.json",
    "special_tokens_map.json",
)


@dataclass(frozen=True, slots=True)
class RandomCheckpoint:
    """What to write.

    spread: standard deviation of matrices; larger ones make the distributions sharper.
    shard_bytes: largest shard; a checkpoint that fits one is one file without an index.
    fillers: `<|extratoken_N|>` entries of the made tokenizer.
    """

    config: ModelConfig
    dtype: str = "bfloat16"
    seed: int = 0
    spread: float = 0.02
    shard_bytes: int = 2 * 10**9
    fillers: int = 3


def write(checkpoint: RandomCheckpoint, folder: Path, *, tokenizer: Path | None = None) -> None:
    """Writes config, weights and tokenizer (a copy of `tokenizer`'s, or one of 256 bytes)."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_config(checkpoint, folder)
    _write_weights(checkpoint, folder)
    if tokenizer is None:
        write_tokenizer(folder, checkpoint.config.vocab_size, checkpoint.fillers)
        return
    for name in _TOKENIZER_FILES:
        if (tokenizer / name).is_file():
            shutil.copyfile(tokenizer / name, folder / name)


def write_tokenizer(folder: Path, rows: int, fillers: int) -> None:
    """A byte-level BPE without merges: 256 bytes, the end of text, and fillers while rows last."""
    vocabulary = byte_alphabet()
    names = [END_OF_TEXT, *(f"{FILLER_PREFIX}{number}|>" for number in range(1, fillers + 1))]
    added = [
        {
            "id": 256 + index,
            "content": name,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": name == END_OF_TEXT,
        }
        for index, name in enumerate(names)
        if 256 + index < rows
    ]
    byte_level: dict[str, object] = {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
    }
    tokenizer: dict[str, object] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": {**byte_level, "use_regex": True},
        "post_processor": None,
        "decoder": {**byte_level, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": vocabulary,
            "merges": [],
        },
    }
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END_OF_TEXT}
    _write_json(folder / "tokenizer.json", tokenizer)
    _write_json(folder / "tokenizer_config.json", settings)


def _write_config(checkpoint: RandomCheckpoint, folder: Path) -> None:
    config = checkpoint.config
    _write_json(
        folder / "config.json",
        {
            "architectures": ["GPTJForCausalLM"],
            "model_type": "gptj",
            "activation_function": "gelu_new",
            "n_embd": config.n_embd,
            "n_layer": config.n_layer,
            "n_head": config.n_head,
            "n_inner": None,
            "n_positions": config.n_positions,
            "rotary_dim": config.rotary_dim,
            "vocab_size": config.vocab_size,
            "layer_norm_epsilon": config.layer_norm_epsilon,
            "tie_word_embeddings": False,
            "bos_token_id": 256,
            "eos_token_id": 256,
            "torch_dtype": checkpoint.dtype,
        },
    )


def _write_weights(checkpoint: RandomCheckpoint, folder: Path) -> None:
    size = getattr(torch, checkpoint.dtype).itemsize
    shards = list(_shards(checkpoint, size))
    total = sum(math.prod(shape) * size for shard in shards for _, shape in shard)
    generator = torch.Generator().manual_seed(checkpoint.seed)
    places: dict[str, str] = {}
    for number, shard in enumerate(shards, 1):
        name = "model.safetensors"
        if len(shards) > 1:
            name = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        with (folder / name).open("wb") as file:
            _write_header(file, shard, _NAMES[checkpoint.dtype], size)
            for tensor, shape in shard:
                places[tensor] = name
                _write_tensor(file, tensor, shape, checkpoint, generator)
    if len(shards) > 1:
        index = {"metadata": {"total_size": total}, "weight_map": places}
        _write_json(folder / "model.safetensors.index.json", index)


def _shards(checkpoint: RandomCheckpoint, size: int) -> Iterator[list[tuple[str, tuple[int, ...]]]]:
    shard: list[tuple[str, tuple[int, ...]]] = []
    used = 0
    for name, shape in checkpoint.config.tensors():
        nbytes = math.prod(shape) * size
        if shard and used + nbytes > checkpoint.shard_bytes:
            yield shard
            shard, used = [], 0
        shard.append((name, shape))
        used += nbytes
    yield shard


def _write_header(
    file: BinaryIO, shard: list[tuple[str, tuple[int, ...]]], dtype: str, size: int
) -> None:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, shape in shard:
        end = offset + math.prod(shape) * size
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)


def _write_tensor(
    file: BinaryIO,
    name: str,
    shape: tuple[int, ...],
    checkpoint: RandomCheckpoint,
    generator: torch.Generator,
) -> None:
    """Norms vary around one, biases around zero, so that a test notices when one is left out."""
    centre = 1.0 if ".ln_" in name and name.endswith(".weight") else 0.0
    left = math.prod(shape)
    while left:
        count = min(left, _PIECE)
        piece = torch.empty(count).normal_(centre, checkpoint.spread, generator=generator)
        stored = piece.to(getattr(torch, checkpoint.dtype))
        file.write(memoryview(stored.view(torch.uint8).numpy()))
        left -= count


def _write_json(path: Path, data: object) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a GPT-J checkpoint with random weights.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--layers", type=int, default=28)
    parser.add_argument("--width", type=int, default=4096)
    parser.add_argument("--heads", type=int, default=16)
    parser.add_argument("--rotary", type=int, default=64, help="rotated channels of a head")
    parser.add_argument("--vocab", type=int, default=50400, help="rows of embedding and head")
    parser.add_argument("--positions", type=int, default=2048)
    parser.add_argument("--dtype", choices=sorted(_NAMES), default="bfloat16")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--spread", type=float, default=0.02, help="standard deviation")
    parser.add_argument("--shard-bytes", type=int, default=2 * 10**9)
    parser.add_argument("--tokenizer", type=Path, help="folder to copy a tokenizer from")
    options = parser.parse_args()
    config = ModelConfig(
        vocab_size=options.vocab,
        n_positions=options.positions,
        n_embd=options.width,
        n_layer=options.layers,
        n_head=options.heads,
        rotary_dim=options.rotary,
        layer_norm_epsilon=1e-5,
    )
    checkpoint = RandomCheckpoint(
        config=config,
        dtype=options.dtype,
        seed=options.seed,
        spread=options.spread,
        shard_bytes=options.shard_bytes,
    )
    write(checkpoint, options.out, tokenizer=options.tokenizer)
    print(f"{config.parameters / 1e6:.1f} M parameters as {options.dtype} in {options.out}")


if __name__ == "__main__":
    main()
