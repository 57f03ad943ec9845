"""Small checkpoints that tests make for themselves."""

import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

CONFIG = {
    "model_type": "gptj",
    "architectures": ["GPTJForCausalLM"],
    "n_embd": 32,
    "n_layer": 2,
    "n_head": 2,
    "rotary_dim": 8,
    "n_positions": 2048,
    "n_inner": None,
    "vocab_size": 257,
    "layer_norm_epsilon": 1e-5,
    "activation_function": "gelu_new",
    "tie_word_embeddings": False,
    "bos_token_id": 256,
    "eos_token_id": 256,
}


def byte_tokenizer() -> Tokenizer:
    """One token a byte, and ``<|endoftext|>`` as number 256."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>"])
    return tokenizer


def write_text_side(folder: Path) -> None:
    """What a web host needs of a checkpoint: config and tokenizer, no weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    byte_tokenizer().save(str(folder / "tokenizer.json"))
