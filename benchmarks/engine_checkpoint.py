"""The random GPT-J that the engine's benchmarks run, the same files for every peer.

Nobody may end a run early, or counts would differ. So the head's bias for the end of text, and for
the rows that are no tokens, is -10,000: such a row is never the likeliest, it costs nothing, and it
is the same for all. Every other row is a token, so that in fp32 all peers give the same greedy
tokens, and the benchmarks check that they do.
"""

from __future__ import annotations

import itertools
import json
import struct
from pathlib import Path

from tools.random_checkpoint import RandomCheckpoint, write
from workers.engine.checkpoint.spec import ModelConfig
from workers.engine.text import END_OF_TEXT, FILLER_PREFIX, byte_alphabet

BIAS = -10_000.0
# GPT-J's own: 50,257 tokens, the last of which ends a text, and rows up to a multiple of 2,400.
TOKENS = 50_257
ROWS = 50_400


def small_config(layers: int = 12) -> ModelConfig:
    """12 layers of width 768, 162 M parameters: the size of GPT-2's smallest."""
    return ModelConfig(
        vocab_size=ROWS,
        n_positions=2048,
        n_embd=768,
        n_layer=layers,
        n_head=12,
        rotary_dim=32,
        layer_norm_epsilon=1e-5,
    )


def write_checkpoint(config: ModelConfig, folder: Path, dtype: str = "float32") -> Path:
    """Writes it into `folder`; the same files each time. `config` has at least 258 rows."""
    write(RandomCheckpoint(config, dtype=dtype, seed=5), folder)
    tokens = min(TOKENS, config.vocab_size)
    _write_tokens(folder, tokens, config.vocab_size)
    rows = range(tokens - 1, config.vocab_size)
    _set_bias(folder, "lm_head.bias", rows, dtype)
    path = folder / "config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings.update(bos_token_id=tokens - 1, eos_token_id=tokens - 1)
    path.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    return folder


def _write_tokens(folder: Path, tokens: int, rows: int) -> None:
    """A tokenizer whose pieces are all single bytes, then pairs of bytes; as many as GPT-J has."""
    path = folder / "tokenizer.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    alphabet = list(byte_alphabet())
    pairs = ("".join(pair) for pair in itertools.product(alphabet, repeat=2))
    pieces = itertools.islice(itertools.chain(alphabet, pairs), tokens - 1)
    data["model"]["vocab"] = {piece: number for number, piece in enumerate(pieces)}
    fillers = (f"{FILLER_PREFIX}{number}|>" for number in range(1, rows - tokens + 1))
    shape = data["added_tokens"][0]
    data["added_tokens"] = [
        {**shape, "id": tokens - 1 + index, "content": name, "special": name == END_OF_TEXT}
        for index, name in enumerate(itertools.chain([END_OF_TEXT], fillers))
    ]
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def _set_bias(folder: Path, name: str, rows: range, dtype: str) -> None:
    """Overwrites elements of a vector in its safetensors file (8 bytes of header size, header,
    data)."""
    path = folder / "model.safetensors"
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        path = folder / json.loads(index.read_text(encoding="utf-8"))["weight_map"][name]
    # bfloat16 is the upper half of float32.
    one = struct.pack("<f", BIAS)[-2:] if dtype == "bfloat16" else struct.pack("<f", BIAS)
    with path.open("r+b") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        start = json.loads(file.read(size))[name]["data_offsets"][0]
        file.seek(8 + size + start + rows.start * len(one))
        file.write(one * len(rows))
