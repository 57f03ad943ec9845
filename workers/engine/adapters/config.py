"""adapter_config.json of PEFT: what an adapter says about itself. No torch."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.engine.checkpoint.json_files import parse_object
from workers.engine.errors import AdapterCorrupt, AdapterUnsupported, CheckpointCorrupt

MAX_RANK = 512
# Of names and patterns in one field: every module of a model is held against each of them.
MAX_NAMES = 1_000

# Fields that do not change what a trained adapter computes.
_FREE = {
    "auto_mapping",
    "base_model_name_or_path",
    "corda_config",
    "ensure_weight_tying",
    "eva_config",
    "inference_mode",
    "loftq_config",
    "lora_dropout",
    "lora_ga_config",
    "megatron_core",
    "peft_version",
    "qalora_group_size",
    "revision",
    "runtime_config",
    "task_type",
}
# Starting points that leave the base model as it is. Others (PiSSA, OLoRA, CorDA, LoftQ) take
# something out of it, and their adapters are right on that changed model only.
_PLAIN_STARTS = (True, False, None, "gaussian", "orthogonal", "eva")
# PEFT reads keys of patterns as regular expressions; those in use are names.
_LITERAL = re.compile(r"\^?[A-Za-z0-9_.]+")


@dataclass(frozen=True, slots=True)
class AdapterConfig:
    """rank, alpha: of modules that no pattern names.
    rank_pattern, alpha_pattern: (end of a module's path, or its whole path after ^) -> value; the
        first that fits counts.
    targets, excluded: ends of the paths of adapted modules; None where an expression names them.
    layers: those adapted; None for all.
    """

    rank: int
    alpha: float
    rank_stabilised: bool
    rank_pattern: Mapping[str, int]
    alpha_pattern: Mapping[str, float]
    targets: tuple[str, ...] | None
    excluded: tuple[str, ...]
    layers: frozenset[int] | None

    @classmethod
    def parse(cls, text: bytes, path: Path) -> AdapterConfig:
        """Raises `AdapterCorrupt` for an invalid configuration and `AdapterUnsupported` for
        anything other than plain LoRA."""
        try:
            data = parse_object(text, path)
        except CheckpointCorrupt as error:
            raise AdapterCorrupt(error.message, file=str(path)) from error
        return _Reader(data, path).read()

    def rank_of(self, module: str) -> int:
        return self.rank_pattern.get(_fitting(self.rank_pattern, module), self.rank)

    def scale_of(self, module: str) -> float:
        """What multiplies B A x."""
        alpha = self.alpha_pattern.get(_fitting(self.alpha_pattern, module), self.alpha)
        rank = self.rank_of(module)
        return alpha / math.sqrt(rank) if self.rank_stabilised else alpha / rank

    @property
    def largest_rank(self) -> int:
        return max(self.rank, *self.rank_pattern.values(), 1)

    def adapts(self, module: str, layer: int) -> bool | None:
        """Whether the module of this path is adapted; None if that is unknown."""
        if self.targets is None:
            return None
        if _ends(module, self.excluded):
            return False
        if module in self.targets:
            return True
        return _ends(module, self.targets) and (self.layers is None or layer in self.layers)


def _ends(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.endswith(f".{name}") for name in names)


def _fitting(patterns: Mapping[str, object], module: str) -> str:
    for pattern in patterns:
        if pattern.startswith("^"):
            if module == pattern[1:]:
                return pattern
        elif _ends(module, (pattern,)):
            return pattern
    return ""


class _Reader:
    def __init__(self, data: Mapping[str, Any], path: Path) -> None:
        self.data = data
        self.path = path
        self.known: set[str] = set()

    def read(self) -> AdapterConfig:
        kind = self.take("peft_type")
        if kind != "LORA":
            raise self.unsupported("peft_type", kind, '"LORA"')
        start = self.take("init_lora_weights", True)
        if start not in _PLAIN_STARTS:
            raise self.unsupported(
                "init_lora_weights",
                start,
                "one that leaves the base model unchanged (save the adapter with PEFT's "
                "path_initial_model_for_weight_conversion)",
            )
        if self.take("bias", "none") != "none":
            raise self.unsupported("bias", self.data["bias"], '"none"')
        if self.take("layers_pattern", None) not in (None, "", [], "h", ["h"]):
            raise self.unsupported("layers_pattern", self.data["layers_pattern"], "null")
        config = AdapterConfig(
            rank=self.rank("r", self.take("r")),
            alpha=self.alpha("lora_alpha", self.take("lora_alpha")),
            rank_stabilised=self.flag("use_rslora"),
            rank_pattern={k: self.rank("rank_pattern", v) for k, v in self.pattern("rank_pattern")},
            alpha_pattern={
                k: self.alpha("alpha_pattern", v) for k, v in self.pattern("alpha_pattern")
            },
            targets=self.targets(),
            excluded=self.names("exclude_modules", self.take("exclude_modules") or []),
            layers=self.layers(),
        )
        # Every variant of LoRA has a separate field, and later variants will have others.
        for field, value in self.data.items():
            unset = value in (None, False, "", [], {})
            if field not in self.known and field not in _FREE and not unset:
                raise self.unsupported(field, value, "unset")
        return config

    def take(self, field: str, default: Any = None) -> Any:
        self.known.add(field)
        return self.data.get(field, default)

    def flag(self, field: str) -> bool:
        value = self.take(field, False)
        if not isinstance(value, bool):
            raise self.unsupported(field, value, "true or false")
        return value

    def rank(self, field: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_RANK:
            raise self.unsupported(field, value, f"a whole number from 1 to {MAX_RANK}")
        return value

    def alpha(self, field: str, value: Any) -> float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        # Also refuses JSON values of Python's dialect that are not numbers.
        if not number or not abs(value) < 1e6:
            raise self.unsupported(field, value, "a number below a million")
        return float(value)

    def pattern(self, field: str) -> list[tuple[str, Any]]:
        value = self.take(field) or {}
        if not isinstance(value, dict) or not all(map(_LITERAL.fullmatch, value)):
            raise self.unsupported(field, value, "an object whose keys are names of modules")
        self.few(field, value)
        return list(value.items())

    def targets(self) -> tuple[str, ...] | None:
        value = self.take("target_modules")
        # An expression is not run here: the weights show which modules it meant.
        return None if isinstance(value, str) else self.names("target_modules", value)

    def names(self, field: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise self.unsupported(field, value, "a list of names of modules")
        self.few(field, value)
        return tuple(value)

    def few(self, field: str, value: list[str] | dict[str, Any]) -> None:
        if len(value) > MAX_NAMES:
            raise self.unsupported(field, value, f"at most {MAX_NAMES:,} names of modules")

    def layers(self) -> frozenset[int] | None:
        value = self.take("layers_to_transform")
        if value is None or value == []:
            return None
        numbers = value if isinstance(value, list) else [value]
        if not all(isinstance(number, int) for number in numbers):
            raise self.unsupported("layers_to_transform", value, "numbers of layers")
        return frozenset(numbers)

    def unsupported(self, field: str, value: object, allowed: str) -> AdapterUnsupported:
        return AdapterUnsupported(
            f"{self.path}: {field} is {value!r:.80}; this engine serves plain LoRA, where it must "
            f"be {allowed}.",
            file=str(self.path),
            field=field,
        )
