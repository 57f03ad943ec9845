"""The operator's registry: which models can be served, read from a TOML file.

A path in a request never reaches the disk: a model is chosen by its name here.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from playground.checkpoints.files import local_file
from playground.core.errors import UnknownModel

_SHA256 = re.compile(r"[0-9a-f]{64}")
Dtype = Literal["float32", "bfloat16", "float16", "int8"]
DTYPES: tuple[Dtype, ...] = get_args(Dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One servable checkpoint, as the operator described it.

    name: the key in the registry; in addresses, queues and rows.
    path: its folder (relative to the registry's), or None with ``hub``.
    hub, revision: the hub's id of the repository, and which commit or branch.
    dtype: what the weights are served in.
    device: where ``manage.py up`` serves it; ``manage.py worker`` may differ.
    slots: how many runs one worker decodes at a time.
    tokens_per_second: a cap on the speed of each run, or None.
    cache_mb: memory for keys and values in MB, or None for what fits slots.
    sha256: file name -> the SHA-256 that it must have (64 hexadecimal digits).
    serve: whether ``manage.py up`` starts a worker for it.
    demo: whether pages say that it is only for trying.
    """

    name: str
    title: str
    path: Path | None = None
    hub: str | None = None
    revision: str | None = None
    dtype: Dtype = "float32"
    device: str = "cpu"
    slots: int = 16
    tokens_per_second: float | None = None
    cache_mb: int | None = None
    serve: bool = True
    demo: bool = False
    note: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)

    @property
    def context(self) -> int:
        """Positions of the model: prompt and completion together."""
        return int(_config(self).get("n_positions", 2048))

    @property
    def parameters(self) -> int | None:
        """How many weights the model has, or None while its config is not here."""
        config = _config(self)
        return _parameter_count(config) if config else None


@dataclass(frozen=True, slots=True)
class Registry:
    """All models by name, and the one that pages begin with."""

    models: dict[str, ModelSpec]
    default: str

    def get(self, name: str) -> ModelSpec:
        """The model called ``name``; `UnknownModel` tells which there are."""
        try:
            return self.models[name]
        except KeyError:
            raise UnknownModel(
                f"There is no model “{name}” here. Choose one of: {', '.join(self.models)}.",
                field="model",
            ) from None


def registry() -> Registry:
    """The registry of the settings' file, read once a process."""
    return _read(settings.MODELS_FILE)


@lru_cache(maxsize=4)
def _read(path: Path) -> Registry:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("models", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ImproperlyConfigured(f"The model registry {path} cannot be read: {error}") from error
    if not tables:
        raise ImproperlyConfigured(f"The model registry {path} has no [models.<name>] table.")
    models = {name: _spec(name, table, path) for name, table in tables.items()}
    return Registry(models=models, default=next(iter(models)))


def _spec(name: str, table: dict[str, Any], file: Path) -> ModelSpec:
    where = f"{file}, [models.{name}]"
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise ImproperlyConfigured(f"{where}: a name has letters, digits, '-', '_' and '.' only.")
    known = {known.name for known in fields(ModelSpec)} - {"name"}
    if unknown := sorted(set(table) - known):
        raise ImproperlyConfigured(
            f"{where}: unknown key {', '.join(unknown)}. Known: {', '.join(sorted(known))}."
        )
    if ("path" in table) == ("hub" in table):
        raise ImproperlyConfigured(f"{where}: give either 'path' or 'hub'.")
    values = {"title": name, **table, "name": name}
    if "path" in table:
        values["path"] = (file.parent / str(table["path"])).resolve()
    if values.get("dtype", "float32") not in DTYPES:
        raise ImproperlyConfigured(f"{where}: dtype is one of {', '.join(DTYPES)}.")
    for key in ("slots", "tokens_per_second", "cache_mb"):
        value = values.get(key)
        if value is not None and (not isinstance(value, int | float) or value <= 0):
            raise ImproperlyConfigured(f"{where}: {key} is a number above 0.")
    hashes = values.get("sha256", {})
    if not isinstance(hashes, dict) or not all(_SHA256.fullmatch(str(h)) for h in hashes.values()):
        raise ImproperlyConfigured(f"{where}: sha256 maps file names to 64 hexadecimal digits.")
    return ModelSpec(**values)


def _config(spec: ModelSpec) -> dict[str, Any]:
    """The checkpoint's config.json, or nothing while it is not on this machine."""
    path = local_file(spec, "config.json")
    return _read_json(path, path.stat().st_mtime_ns) if path else {}


@lru_cache(maxsize=32)
def _read_json(path: Path, _modified: int) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _parameter_count(config: dict[str, Any]) -> int | None:
    """Weights of a GPT-J of this shape (Hugging Face's GPTJForCausalLM)."""
    try:
        d, layers, vocabulary = config["n_embd"], config["n_layer"], config["vocab_size"]
    except KeyError:
        return None
    inner = config.get("n_inner") or 4 * d
    attention = 4 * d * d
    feed_forward = 2 * d * inner + inner + d
    norm = 2 * d
    return int(layers * (attention + feed_forward + norm) + norm + vocabulary * (2 * d + 1))
