"""What an owner chooses about a link and the gallery."""

from datetime import date, datetime, timedelta
from typing import Any, TypedDict

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from playground.core.forms import StrictForm
from playground.library.models import Prompt, PromptVersion
from playground.runs.models import Run
from playground.sharing.shares import MAX_RUNS, runs_of_prompt

# By the posted value; None never expires, and "date" is a chosen date.
EXPIRIES: dict[str, timedelta | None] = {
    "never": None,
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
MAX_YEAR = 9000
_GONE = "One of these outputs no longer exists. Choose again."


class ShareOptions(TypedDict):
    """The content of a new link, and its expiry. version None: always the newest."""

    version: PromptVersion | None
    runs: list[Run]
    with_branches: bool
    expires_at: datetime | None


class _Runs(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def clean(self, value: Any) -> "QuerySet[Run]":
        if value and len(value) > MAX_RUNS:
            raise ValidationError(f"At most {MAX_RUNS} outputs can be shown.")
        chosen: QuerySet[Run] = super().clean(value)
        return chosen


class RunsForm(StrictForm):
    """The outputs that are shown: those of the prompt alone."""

    share_run = _Runs(
        queryset=Run.objects.none(),
        required=False,
        error_messages={"invalid_choice": _GONE, "invalid_pk_value": _GONE},
    )

    def __init__(self, data: QueryDict, *, prompt: Prompt) -> None:
        super().__init__(data)
        self.fields["share_run"].queryset = runs_of_prompt(prompt)  # type: ignore[attr-defined]

    def read_runs(self) -> list[Run]:
        """The chosen runs. Raises `InvalidInput` for any that is not the prompt's."""
        return list(self.read()["share_run"])


class ShareForm(RunsForm):
    """The dialog that makes a link."""

    share_version = forms.ModelChoiceField(
        queryset=PromptVersion.objects.none(),
        to_field_name="number",
        required=False,
        error_messages={"invalid_choice": "There is no such version. Choose one of the list."},
    )
    share_branches = forms.BooleanField(required=False)
    share_expires = forms.ChoiceField(
        choices=[(name, name) for name in (*EXPIRIES, "date")],
        required=False,
        error_messages={"invalid_choice": "Choose when the link expires."},
    )
    share_until = forms.DateField(
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Choose the last day of the link."},
    )

    def __init__(self, data: QueryDict, *, prompt: Prompt) -> None:
        super().__init__(data, prompt=prompt)
        self.fields["share_version"].queryset = prompt.versions  # type: ignore[attr-defined]

    def clean_share_until(self) -> datetime | None:
        """The end of the last day; None unless a date is chosen."""
        if self.data.get("share_expires") != "date":
            return None
        day: date | None = self.cleaned_data["share_until"]
        if day is None:
            raise ValidationError("Choose the last day of the link.")
        if not timezone.now().date() <= day or day.year > MAX_YEAR:
            raise ValidationError("The last day of the link is in the past.")
        midnight = datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone())
        return midnight + timedelta(days=1)

    def read_options(self) -> ShareOptions:
        """The chosen options. Raises `InvalidInput`."""
        values = self.read()
        lasting = EXPIRIES.get(values["share_expires"])
        return ShareOptions(
            version=values["share_version"],
            runs=list(values["share_run"]),
            with_branches=values["share_branches"],
            expires_at=values["share_until"] or (timezone.now() + lasting if lasting else None),
        )
