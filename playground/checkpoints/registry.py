"""The operator's registry: which models can be served, read from a TOML file.

A path in a request never reaches the disk: a model is chosen by its name here.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from playground.core.configuration.environment import MAX_NUMBER
from playground.core.errors import UnknownModel

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
# The device of a worker: the CPU, or an NVIDIA GPU.
DEVICE = re.compile(r"cpu|cuda(:[0-9]{1,3})?")
_PLAIN_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,200}")
# As the hub has them: without two dashes or two dots in a row, or such a sign at either end.
_HUB_PART = r"[A-Za-z0-9_]+([.-][A-Za-z0-9_]+)*"
_HUB_NAME = re.compile(rf"(?=.{{1,96}}\Z){_HUB_PART}(/{_HUB_PART})?(?<!\.git)")
# Of the registry: a page lists every model.
MAX_REGISTRY_BYTES = 1 << 20
MAX_MODELS = 100
Dtype = Literal["float32", "bfloat16", "float16", "int8"]
DTYPES: tuple[Dtype, ...] = get_args(Dtype)
# Names are in addresses, queues and rows.
_MODEL_NAME = re.compile(r"[\w.-]{1,80}")
# A tuned model's name is `<base>:<slug>-<letters>`. So much of a long base's name is in it, which
# leaves room for the rest within 80.
BASE_IN_NAME = 40
_TUNED_NAME = re.compile(rf"([\w.-]{{1,{BASE_IN_NAME}}}):[a-z0-9-]{{1,38}}")
_MAX_LENGTHS = {
    "title": 200,
    "path": 4_096,
    "hub": 200,
    "revision": 200,
    "device": 40,
    "note": 2_000,
}


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

    def base_of(self, name: str) -> ModelSpec | None:
        """The model whose tokenizer and window ``name`` has: its own, or its base's.

        "" is the default. None for what no model here can be called. Whether there is a tuned
        model of that name, and whose, only the database knows (`selectors.get_served`).
        """
        if tuned := _TUNED_NAME.fullmatch(name):
            return next(
                (spec for spec in self.models.values() if spec.name[:BASE_IN_NAME] == tuned[1]),
                None,
            )
        return self.models.get(name or self.default)


def registry() -> Registry:
    """The registry of the settings' file, read once a process."""
    return _read(settings.MODELS_FILE)


@lru_cache(maxsize=4)
def _read(path: Path) -> Registry:
    try:
        with path.open("rb") as opened:
            text = opened.read(MAX_REGISTRY_BYTES + 1)
        if len(text) > MAX_REGISTRY_BYTES:
            raise ImproperlyConfigured(
                f"The model registry {path} has more than {MAX_REGISTRY_BYTES:,} bytes."
            )
        # Editors of Windows begin a file with a mark that TOML does not know.
        file = tomllib.loads(text.decode("utf-8-sig"))
    except RecursionError:
        raise ImproperlyConfigured(
            f"The model registry {path} cannot be read: it is nested too deeply."
        ) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise ImproperlyConfigured(f"The model registry {path} cannot be read: {reason}") from error
    # Of which wrong TOML and wrong UTF-8 are kinds.
    except ValueError as error:
        raise ImproperlyConfigured(
            f"The model registry {path} cannot be read: {_one_line(error)}"
        ) from error
    if unknown := sorted(set(file) - {"models"}):
        raise ImproperlyConfigured(
            f"The model registry {path} has {unknown[0]!r:.60} outside of a [models.<name>] table."
        )
    tables = file.get("models", {})
    if not isinstance(tables, dict) or not tables:
        raise ImproperlyConfigured(f"The model registry {path} has no [models.<name>] table.")
    if len(tables) > MAX_MODELS:
        raise ImproperlyConfigured(
            f"The model registry {path} names {len(tables)} models; {MAX_MODELS} is the most."
        )
    models = {name: _spec(name, table, path) for name, table in tables.items()}
    begins: dict[str, str] = {}
    for name in models:
        if (other := begins.setdefault(name[:BASE_IN_NAME], name)) != name:
            raise ImproperlyConfigured(
                f"{path}: the names {other} and {name} begin with the same {BASE_IN_NAME} "
                "characters, which are all that the names of their tuned models have room for. "
                "Shorten one of them."
            )
    return Registry(models=models, default=next(iter(models)))


def _one_line(error: Exception) -> str:
    """What is wrong and where, without what the parser quotes of the file."""
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 text (byte {error.start + 1})"
    return " ".join(str(error).split())[:200]


def _spec(name: str, table: Any, file: Path) -> ModelSpec:
    where = f"{file}, [models.{name:.80}]"
    if not _MODEL_NAME.fullmatch(name):
        raise ImproperlyConfigured(
            f"{where}: a name has letters, digits, '-', '_' and '.' only, at most 80."
        )
    if not isinstance(table, dict):
        raise ImproperlyConfigured(
            f"{where}: it is no table. Write [models.{name}] above its keys."
        )
    known = {known.name for known in fields(ModelSpec)} - {"name"}
    if unknown := sorted(set(table) - known):
        raise ImproperlyConfigured(
            f"{where}: unknown key {', '.join(unknown)}. Known: {', '.join(sorted(known))}."
        )
    if ("path" in table) == ("hub" in table):
        raise ImproperlyConfigured(f"{where}: give either 'path' or 'hub'.")
    if "hub" in table and not _HUB_NAME.fullmatch(str(table["hub"])):
        raise ImproperlyConfigured(f"{where}: hub is a name such as EleutherAI/gpt-j-6b.")
    for key, value in table.items():
        if wrong := _wrong_value(key, value):
            raise ImproperlyConfigured(f"{where}: {wrong}.")
    values = {"title": name, **table, "name": name}
    if "path" in table:
        values["path"] = _folder(where, file, table["path"])
    return ModelSpec(**values)


def _wrong_value(key: str, value: Any) -> str:
    """What is wrong with the value of a key, or nothing."""
    if key in ("title", "path", "hub", "revision", "device", "note"):
        is_good = isinstance(value, str) and "\0" not in value and len(value) <= _MAX_LENGTHS[key]
        if not is_good or (key != "note" and not value.strip()):
            return f"{key} is a text in quotes, of up to {_MAX_LENGTHS[key]:,} characters"
        if key == "device" and not DEVICE.fullmatch(value):
            return "device is cpu, cuda, or cuda: with a number"
        return ""
    if key == "dtype":
        return "" if value in DTYPES else f"dtype is one of {', '.join(DTYPES)}"
    if key in ("serve", "demo"):
        return "" if isinstance(value, bool) else f"{key} is true or false, without quotes"
    if key in ("slots", "cache_mb"):
        is_good = isinstance(value, int) and not isinstance(value, bool) and 0 < value < MAX_NUMBER
        return "" if is_good else f"{key} is a whole number above 0"
    if key == "tokens_per_second":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return "" if is_number and 0 < value < MAX_NUMBER else f"{key} is a number above 0"
    return _wrong_hashes(value)


def _wrong_hashes(value: Any) -> str:
    if not isinstance(value, dict) or not all(_SHA256.fullmatch(str(h)) for h in value.values()):
        return "sha256 maps file names to 64 hexadecimal digits"
    if not all(map(_PLAIN_FILE.fullmatch, value)):
        return "sha256 names files of the model's own folder"
    return ""


def _folder(where: str, file: Path, path: str) -> Path:
    try:
        return (file.parent / Path(path).expanduser()).resolve()
    except (OSError, RuntimeError, ValueError):
        raise ImproperlyConfigured(f"{where}: path is no path that can be followed.") from None
