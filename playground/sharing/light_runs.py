"""Runs as pages with many of them read them: without what only the run's own page shows."""

from django.db.models import Case, F, JSONField, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Length

from playground.runs.models import Run

# Of one run's form on a page of many.
MAX_FORM = 200_000


def light_runs(runs: QuerySet[Run], *, most: int) -> list[Run]:
    """The first of ``runs`` without tokens. Of one whose form has more than `MAX_FORM` characters,
    the form is left out too: many are read at a time, and an imported one can have megabytes."""
    length = Length(Cast("fields", TextField())) + Length(Cast("variables", TextField()))
    found = (
        runs.select_related("adapter")
        .defer("tokens", "other_choices", "fields", "variables", "source")
        .annotate(
            form_length=length,
            small_fields=Case(
                When(form_length__lte=MAX_FORM, then=F("fields")), default=Value({}, JSONField())
            ),
            small_variables=Case(
                When(form_length__lte=MAX_FORM, then=F("variables")), default=Value([], JSONField())
            ),
        )
    )
    light: list[Run] = []
    for run in found[:most]:
        run.fields, run.variables = run.small_fields, run.small_variables
        light.append(run)
    return light
