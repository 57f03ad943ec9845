"""What people post about fine-tunes, as the domain's own values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict

from playground.accounts.models import Person
from playground.checkpoints.config_file import parameter_count
from playground.checkpoints.registry import ModelSpec, registry
from playground.core.errors import InvalidInput
from playground.core.http import read_id
from playground.core.texts import fault_of
from playground.datasets.models import DatasetVersion
from playground.finetunes.options import (
    MAX_EPOCHS,
    METHODS,
    SETTINGS,
    Method,
    Options,
    Setting,
    default_options,
)
from playground.finetunes.pages.words import format_number

MAX_NAME = 120
MAX_NOTE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A fine-tune as the form asks for it. wants_mail: a message when it ends."""

    version: DatasetVersion
    base: ModelSpec
    name: str
    note: str
    options: Options
    wants_mail: bool


def posted_finetune(person: Person | None, data: QueryDict) -> Asked:
    """The form as it was sent. Raises `InvalidInput` that names the field, or `UnknownModel`."""
    version = find_version(person, data.get("version", ""))
    if version is None:
        raise InvalidInput("Choose a dataset.", field="version")
    base = registry().get(data.get("base", "") or version.dataset.model)
    name, note = posted_name(data, default=version.dataset.name)
    method = posted_method(data)
    defaults = default_options(parameter_count(base), method, task=version.task)
    return Asked(
        version=version,
        base=base,
        name=name,
        note=note,
        options=_options(data, defaults),
        wants_mail=bool(data.get("mail")),
    )


def posted_method(data: Mapping[str, str]) -> Method:
    """What is trained; an adapter where nothing was chosen. Raises `InvalidInput`."""
    asked = data.get("method", "") or "lora"
    for method in METHODS:
        if method == asked:
            return method
    raise InvalidInput("Choose what is trained: an adapter or all weights.", field="method")


def posted_name(data: QueryDict, *, default: str = "") -> tuple[str, str]:
    """Name and note. Raises `InvalidInput`."""
    name = " ".join(data.get("name", "").split()) or default
    note = data.get("note", "").replace("\r\n", "\n").strip()
    if not name:
        raise InvalidInput("Give the fine-tune a name.", field="name")
    for field, text, most in (("name", name, MAX_NAME), ("note", note, MAX_NOTE)):
        if len(text) > most:
            raise InvalidInput(f"The {field} has {most:,} characters at most.", field=field)
        if fault := fault_of(text):
            raise InvalidInput(f"The {field} holds {fault}. Remove it.", field=field)
    return name, note


def find_version(person: Person | None, raw: str) -> DatasetVersion | None:
    """The person's own version of that id that can be trained on."""
    version_id = read_id(raw)
    if person is None or version_id is None:
        return None
    own = DatasetVersion.objects.filter(pk=version_id, dataset__person=person)
    return own.filter(state=DatasetVersion.State.CHECKED).select_related("dataset").first()


def _options(data: QueryDict, options: Options) -> Options:
    """The posted settings over ``options``; what is left empty has its default."""
    values: dict[str, Any] = {}
    if data.get("duration") == "minutes":
        most = float(settings.LIMIT_FINETUNE_MINUTES)
        values["minutes"] = _number(data, "minutes", "The minutes", 0.1, most, whole=False)
        if values["minutes"] is None:
            raise InvalidInput("Say how many minutes it may train.", field="minutes")
    else:
        epochs = _number(data, "epochs", "The epochs", 0.01, MAX_EPOCHS, whole=False)
        values["epochs"] = options.epochs if epochs is None else epochs
    for setting in SETTINGS:
        if setting.of_adapter and options.method == "full":
            # What was typed for an adapter before all weights were chosen.
            continue
        value = _setting(data, setting)
        if value is not None:
            values[setting.name] = value
    if "rank" in values and "alpha" not in values:
        values["alpha"] = 2.0 * values["rank"]
    return replace(options, **values)


def _setting(data: QueryDict, setting: Setting) -> float | int | None:
    return _number(
        data,
        setting.name,
        setting.label,
        setting.least,
        setting.most,
        whole=setting.kind == "whole",
    )


def _number(
    data: QueryDict, name: str, label: str, least: float, most: float, *, whole: bool
) -> float | int | None:
    """The number in the field, or None where it is empty. Raises `InvalidInput`."""
    raw = data.get(name, "").strip()
    if not raw:
        return None
    try:
        value = int(raw) if whole else float(raw)
    except (ValueError, ValidationError):
        value = math.nan
    if not least <= value <= most:
        kind = "a whole number" if whole else "a number"
        span = f"{format_number(least)} to {format_number(most)}"
        raise InvalidInput(f"{label}: write {kind} from {span}.", field=name)
    return value
