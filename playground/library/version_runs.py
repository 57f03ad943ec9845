"""Which runs are a version's: named when they are made, or taken up when it is saved."""

import uuid

from django.db.models import Q
from django.db.models.functions import Now

from playground.accounts.models import Person
from playground.core.http import read_id
from playground.library.models import PromptVersion
from playground.prompts.form import PromptForm
from playground.runs.models import Run


def readable_versions(person: Person | None) -> Q:
    """The versions that a run of ``person`` may name: their own, and those shown to them."""
    now = Now()
    is_open = Q(prompt__shares__revoked_at=None) & (
        Q(prompt__shares__expires_at=None) | Q(prompt__shares__expires_at__gt=now)
    )
    shared = Q(prompt__shares__isnull=False) & is_open
    return Q(prompt__person=person) | Q(prompt__published_at__isnull=False) | shared


def version_of_run(person: Person | None, form: PromptForm, posted: str) -> uuid.UUID | None:
    """The version that a run of ``form`` is a run of: the posted one, if it says the same.

    An edited prompt is not the version's any more; other parameters, another model and
    other values of its variables are.
    """
    version_id = read_id(posted)
    if version_id is None:
        return None
    version = PromptVersion.objects.filter(readable_versions(person), pk=version_id).first()
    if version is None or version.prompt.template != form.template.slug:
        return None
    is_same = version.fields == form.to_json() and (
        form.detached is None or version.text == form.detached
    )
    if form.template.is_free:
        is_same = version.text == form.values["prompt"]
    return version.pk if is_same else None


def own_run(person: Person, run_id: uuid.UUID | None) -> Run | None:
    """The run that a page names, if it is the person's and still there."""
    return Run.objects.filter(pk=run_id, person=person).only("pk").first() if run_id else None


def latest_run(person: Person | None, version: PromptVersion | None) -> Run | None:
    """The person's last run of the version."""
    if version is None or person is None:
        return None
    runs = Run.objects.filter(person=person, version_id=version.pk)
    return runs.order_by("-number").first()


def run_link_to_version(
    *, person: Person, run: uuid.UUID, sent: str, version: PromptVersion
) -> None:
    """Makes the run that is on a page the new version's, if the same was sent."""
    shown = Run.objects.filter(pk=run, person=person, version_id=None)
    found = shown.values("prompt", "parameters").first()
    asked = {"prompt": sent, "parameters": version.parameters}
    if found == asked:
        shown.update(version_id=version.pk)
