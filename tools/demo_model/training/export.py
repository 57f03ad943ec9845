"""Write a trained network as a Hugging Face folder: bf16 safetensors, tokenizer, configs."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor

from tools.demo_model.training.tokenizer import END_OF_TEXT
from workers.training.network import Shape


def export(
    folder: Path, *, state: Mapping[str, Tensor], shape: Shape, tokenizer: Tokenizer
) -> None:
    """Fill ``folder`` so that a reader never meets a half-written checkpoint.

    The files are written beside and moved in; other files in the folder (the
    model card) stay.
    """
    beside = folder.with_name(folder.name + ".new")
    if beside.exists():
        rmtree(beside)
    beside.mkdir(parents=True)
    end_of_text: int = tokenizer.encode(END_OF_TEXT).ids[0]
    save_file(
        {name: tensor.to(torch.bfloat16).contiguous() for name, tensor in state.items()},
        beside / "model.safetensors",
        metadata={"format": "pt"},
    )
    tokenizer.save(str(beside / "tokenizer.json"))
    _write(beside / "config.json", shape.hf_config(end_of_text=end_of_text))
    _write(
        beside / "generation_config.json",
        {"bos_token_id": end_of_text, "eos_token_id": end_of_text},
    )
    _write(
        beside / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": END_OF_TEXT,
            "eos_token": END_OF_TEXT,
            "unk_token": END_OF_TEXT,
            "model_max_length": shape.n_positions,
            "clean_up_tokenization_spaces": False,
        },
    )
    # Sums in the form of sha256sum, which can check them.
    sums = {path.name: sha256(path.read_bytes()).hexdigest() for path in beside.iterdir()}
    (beside / "SHA256SUMS").write_text(
        "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())), encoding="utf-8"
    )
    folder.mkdir(parents=True, exist_ok=True)
    for path in beside.iterdir():
        path.chmod(0o644)
        path.replace(folder / path.name)
    beside.rmdir()


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
