"""A checkpoint that writes what a test wants: each token has one successor.

    scripted_checkpoint(folder, {"A": [b"one\r", b"\ntwo"]})

continues a prompt that ends with "A" with the two tokens, and then ends. Attention and
feed-forward add nothing, so that the embedding alone decides, and it has a channel for each token.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file

from tools.random_checkpoint import write_tokenizer
from workers.engine.checkpoint.spec import ModelConfig
from workers.engine.text import byte_alphabet

WIDTH = 512
END = 256


def scripted_checkpoint(folder: Path, scripts: Mapping[str, Sequence[bytes]]) -> Path:
    """Makes the checkpoint. A script's key is one byte; its pieces are distinct in all scripts."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = [piece for script in scripts.values() for piece in script]
    if len(set(pieces)) < len(pieces) or any(len(piece) < 2 for piece in pieces):
        raise ValueError("pieces are distinct, and of two bytes or more")
    ids = {piece: END + 1 + place for place, piece in enumerate(pieces)}
    following = {}
    for key, script in scripts.items():
        path = [byte_alphabet()[key], *(ids[piece] for piece in script)]
        following |= dict(zip(path, [*path[1:], END], strict=True))
    _write_tokenizer(folder, ids)
    _write_weights(folder, following)
    return folder


def _write_tokenizer(folder: Path, ids: Mapping[bytes, int]) -> None:
    write_tokenizer(folder, END + 1, fillers=0)
    file = folder / "tokenizer.json"
    tokenizer = json.loads(file.read_text(encoding="utf-8"))
    letters = {byte: letter for letter, byte in byte_alphabet().items()}
    # As in GPT-2's files; otherwise the library would number it after the pieces.
    tokenizer["model"]["vocab"]["<|endoftext|>"] = END
    for piece, token_id in ids.items():
        tokenizer["model"]["vocab"]["".join(letters[byte] for byte in piece)] = token_id
    file.write_text(json.dumps(tokenizer), encoding="utf-8")


def _write_weights(folder: Path, following: Mapping[int, int]) -> None:
    config = ModelConfig(
        vocab_size=WIDTH,
        n_positions=512,
        n_embd=WIDTH,
        n_layer=1,
        n_head=8,
        rotary_dim=16,
        layer_norm_epsilon=1e-5,
    )
    tensors = {name: torch.zeros(shape) for name, shape in config.tensors()}
    for name in tensors:
        if ".ln_" in name and name.endswith(".weight"):
            tensors[name].fill_(1.0)
    tensors["transformer.wte.weight"] = torch.eye(WIDTH)
    for token, successor in following.items():
        tensors["lm_head.weight"][successor, token] = 1.0
    # A token without a successor ends the text.
    tensors["lm_head.bias"][END] = 5.0
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    shape = {
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
        "bos_token_id": END,
        "eos_token_id": END,
    }
    (folder / "config.json").write_text(json.dumps(shape), encoding="utf-8")
