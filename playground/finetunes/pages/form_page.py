"""The form that starts a fine-tune: what it offers, what is filled in, what it would be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import F
from django.http import QueryDict

from playground.accounts.authentication.emails import mail_address
from playground.accounts.mail import is_mail_set_up
from playground.accounts.models import Person
from playground.checkpoints.config_file import parameter_count
from playground.checkpoints.jobs import FINETUNE
from playground.checkpoints.registry import ModelSpec, registry
from playground.checkpoints.selectors import live_workers
from playground.core.errors import InvalidInput, PlaygroundError
from playground.core.http import read_id
from playground.datasets.durations import Recommendation, recommended_minutes
from playground.datasets.models import DatasetVersion
from playground.finetunes.estimates import Plan, make_plan
from playground.finetunes.models import FineTune, FineTuneMail
from playground.finetunes.options import (
    LABELS,
    SETTINGS,
    Method,
    Options,
    Setting,
    default_options,
)
from playground.finetunes.pages.forms import find_version, posted_finetune, posted_method
from playground.finetunes.pages.words import format_number

# Versions to choose from.
MAX_CHOICES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """An advanced setting with what is filled in. value: "" for the default."""

    setting: Setting
    value: str
    default: str

    @property
    def span(self) -> str:
        return f"{format_number(self.setting.least)} to {format_number(self.setting.most)}"


@dataclass(frozen=True)
class FormPage:
    """values: of the fields, as they are posted."""

    person: Person | None
    values: Mapping[str, str]
    again: FineTune | None = field(default=None)

    @classmethod
    def of_query(cls, person: Person | None, query: QueryDict) -> "FormPage":
        """As the address asks: a version, or the settings of an earlier fine-tune."""
        again_id = read_id(query.get("again", ""))
        if person is not None and again_id is not None:
            earlier = FineTune.objects.filter(pk=again_id, person=person).first()
            if earlier is not None:
                return cls(person, _values_of(earlier), earlier)
        return cls(person, {name: str(query.get(name, "")) for name in query})

    @classmethod
    def of_form(cls, person: Person | None, data: QueryDict) -> "FormPage":
        """As it was sent."""
        return cls(person, {name: str(data.get(name, "")) for name in data})

    @cached_property
    def version(self) -> DatasetVersion | None:
        """The chosen one; of those there are, the newest."""
        chosen = find_version(self.person, self.values.get("version", ""))
        return chosen or next(iter(self.versions), None)

    @cached_property
    def versions(self) -> list[DatasetVersion]:
        """What can be trained on: of each dataset the version in use, the newest first."""
        if self.person is None:
            return []
        ready = DatasetVersion.objects.filter(
            dataset__person=self.person, state=DatasetVersion.State.CHECKED
        )
        in_use = ready.filter(dataset__head_id=F("pk")).select_related("dataset")
        rows = list(in_use.defer("findings").order_by("-created_at")[:MAX_CHOICES])
        chosen = find_version(self.person, self.values.get("version", ""))
        if chosen is not None and chosen not in rows:
            rows.insert(0, chosen)
        return rows

    @property
    def bases(self) -> list[ModelSpec]:
        return list(registry().models.values())

    @property
    def base(self) -> ModelSpec:
        """The chosen one, or that whose tokenizer counts the dataset."""
        models = registry().models
        wanted = self.values.get("base", "")
        default = self.version.dataset.model if self.version else ""
        return models.get(wanted) or models.get(default) or registry().get(registry().default)

    @property
    def has_worker(self) -> bool:
        return live_workers(FINETUNE).filter(model=self.base.name).exists()

    @property
    def name(self) -> str:
        typed = self.values.get("name", "")
        # The name of another dataset that was chosen before follows the choice.
        if self.version and (not typed or typed in {row.dataset.name for row in self.versions}):
            return self.version.dataset.name
        return typed

    @property
    def note(self) -> str:
        return self.values.get("note", "")

    @property
    def has_mail(self) -> bool:
        """Whether a message at the end can be offered at all."""
        return is_mail_set_up()

    @cached_property
    def mail_address(self) -> str:
        """Where it would go; "" until the person has confirmed an address."""
        return mail_address(self.person)

    @property
    def wants_mail(self) -> bool:
        return bool(self.values.get("mail"))

    @property
    def recommended(self) -> Recommendation | None:
        return recommended_minutes(self.version.size) if self.version else None

    @property
    def method(self) -> Method:
        try:
            return posted_method(self.values)
        except InvalidInput:
            return "lora"

    @property
    def defaults(self) -> Options:
        return self._defaults_of(self.method)

    @property
    def full_rate(self) -> str:
        """The recommended learning rate of all weights, which the choice names."""
        return f"{self._defaults_of('full').rate:g}"

    def _defaults_of(self, method: Method) -> Options:
        task = self.version.task if self.version else LABELS
        return default_options(parameter_count(self.base), method, task=task)

    @property
    def by_minutes(self) -> bool:
        return self.values.get("duration") == "minutes"

    @property
    def epochs(self) -> str:
        return self.values.get("epochs") or f"{self.defaults.epochs:g}"

    @property
    def minutes(self) -> str:
        if typed := self.values.get("minutes"):
            return typed
        return (
            str(min(self.recommended.minutes, settings.LIMIT_FINETUNE_MINUTES))
            if self.recommended
            else ""
        )

    @property
    def settings(self) -> list[SettingField]:
        defaults = self.defaults
        return [
            SettingField(
                setting=setting,
                value=self.values.get(setting.name, ""),
                default=f"{getattr(defaults, setting.name):g}",
            )
            for setting in SETTINGS
        ]

    @property
    def shown_settings(self) -> list[SettingField]:
        """Those that say something about what is trained."""
        return [field for field in self.settings if not self._is_idle(field.setting)]

    @property
    def kept_settings(self) -> list[SettingField]:
        """What was typed for an adapter, for when it is chosen again."""
        return [field for field in self.settings if field.value and self._is_idle(field.setting)]

    def _is_idle(self, setting: Setting) -> bool:
        return setting.of_adapter and self.method == "full"

    @property
    def are_settings_open(self) -> bool:
        """Because something there is not as recommended, or was just pressed."""
        is_open = self.method == "full" or self.values.get("advanced") == "open"
        return is_open or any(field.value for field in self.settings)

    @cached_property
    def _planned(self) -> Plan | PlaygroundError | None:
        if self.version is None:
            return None
        data = QueryDict(mutable=True)
        data.update({**self.values, "version": str(self.version.pk), "base": self.base.name})
        data.setdefault("epochs", self.epochs)
        try:
            asked = posted_finetune(self.person, data)
            return make_plan(version=asked.version, base=asked.base, options=asked.options)
        except PlaygroundError as error:
            return error

    @property
    def plan(self) -> Plan | None:
        return self._planned if isinstance(self._planned, Plan) else None

    @property
    def refusal(self) -> PlaygroundError | None:
        return self._planned if isinstance(self._planned, PlaygroundError) else None


def _values_of(finetune: FineTune) -> dict[str, str]:
    """The form as it was when ``finetune`` was started; settings only where they were changed."""
    options = Options.from_json(finetune.options)
    models = registry().models
    base = models.get(finetune.base)
    task = str(finetune.data.get("task") or LABELS)
    count = parameter_count(base) if base else None
    defaults = default_options(count, options.method, task=task)
    mail = FineTuneMail.objects.filter(finetune=finetune).exists()
    values: dict[str, Any] = {
        "version": str(finetune.version_id or ""),
        "base": finetune.base,
        "name": finetune.name,
        "note": finetune.note,
        "method": options.method,
        "mail": "1" if mail else "",
        "duration": "epochs" if options.minutes is None else "minutes",
        "epochs": f"{options.epochs:g}",
        "minutes": "" if options.minutes is None else f"{options.minutes:g}",
    }
    for setting in SETTINGS:
        chosen = getattr(options, setting.name)
        if chosen != getattr(defaults, setting.name):
            values[setting.name] = f"{chosen:g}"
    return values
