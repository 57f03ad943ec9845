"""Writes CTranslate2's form of a GPT-J checkpoint, in fp32; int8 is made of it when it is loaded.

    python -m benchmarks.peers.ctranslate2_convert CHECKPOINT FOLDER

The weights go through the converter's own GPT-J loader. Its way with vocabularies takes the words
of a checkpoint's tokenizer, which must be as many as the model has rows. Here a token's word is its
number instead, so any checkpoint will do and nothing of a tokenizer is timed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from ctranslate2.converters.transformers import GPTJLoader
from transformers import GPTJForCausalLM
from transformers.utils import logging

from benchmarks.peers.ctranslate2_process import word


def convert(checkpoint: Path, folder: Path) -> None:
    logging.disable_progress_bar()
    model = GPTJForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    with torch.no_grad():
        spec = GPTJLoader().get_model_spec(model)
    spec.config.layer_norm_epsilon = model.config.layer_norm_epsilon
    end = word(model.config.eos_token_id)
    spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = end
    spec.register_vocabulary([word(row) for row in range(model.config.vocab_size)])
    spec.validate()
    spec.optimize(quantization=None)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
