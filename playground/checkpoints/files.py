"""A model's files on this machine: its own folder, or the hub's cache."""

import re
from pathlib import Path
from typing import Any

from playground.checkpoints.json_files import MAX_INDEX_BYTES, read_object
from playground.checkpoints.registry import ModelSpec
from playground.core.errors import ModelNotReady

# What a worker needs of a repository; anything else (other frameworks'
# weights, code) is not fetched. GPT-J-6B's own repository has one .bin.
_WEIGHTS = ("*.safetensors", "model.safetensors.index.json")
_WEIGHTS_BIN = ("pytorch_model*.bin", "pytorch_model.bin.index.json")
_TEXT = ("config.json", "tokenizer.json", "vocab.json", "merges.txt", "added_tokens.json")
# A plain name, and nothing that leads elsewhere.
_SHARD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,200}\.(safetensors|bin)")


def local_file(spec: ModelSpec, name: str) -> Path | None:
    """The file ``name`` of the model if it is on this machine. No network."""
    if spec.path is not None:
        path = spec.path / name
        return path if path.is_file() else None
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(str(spec.hub), name, revision=spec.revision)
    return Path(found) if isinstance(found, str) else None


def index_shards(index: Path) -> list[str]:
    """The names of the files that an index of shards names. Raises `ModelNotReady`."""
    places: Any = read_object(index, at_most=MAX_INDEX_BYTES).get("weight_map")
    names = set(places.values()) if _is_map(places) else set()
    if not names or not all(map(_SHARD.fullmatch, names)):
        raise ModelNotReady(f"{index} has no weight_map from tensors to files beside it.")
    return sorted(names)


def _is_map(places: Any) -> bool:
    return isinstance(places, dict) and all(isinstance(name, str) for name in places.values())


def tokenizer_folder(spec: ModelSpec) -> Path:
    """The folder with the model's tokenizer; a hub model's is fetched (a few MB)."""
    if spec.path is not None:
        return _existing(spec, spec.path)
    return _fetch(spec, _TEXT)


def checkpoint_folder(spec: ModelSpec) -> Path:
    """The folder with the model's weights; a hub model's are fetched."""
    if spec.path is not None:
        return _existing(spec, spec.path)
    folder = _fetch(spec, (*_TEXT, *_WEIGHTS))
    if not any(folder.glob("*.safetensors")):
        folder = _fetch(spec, (*_TEXT, *_WEIGHTS_BIN))
    return folder


def _existing(spec: ModelSpec, folder: Path) -> Path:
    if not folder.is_dir():
        raise ModelNotReady(f"Model “{spec.name}” is not ready: the folder {folder} is missing.")
    return folder


def _fetch(spec: ModelSpec, patterns: tuple[str, ...]) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(str(spec.hub), revision=spec.revision, allow_patterns=list(patterns))
        )
    # The hub's client has a tree of its own per transport; all mean "not here".
    except Exception as error:
        raise ModelNotReady(
            f"Model “{spec.name}” is not ready: {spec.hub} could not be fetched ({error}). "
            "Check the name and the network, or give a folder with 'path'."
        ) from error
