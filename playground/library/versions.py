"""The versions of a saved prompt: read, made, restored. None is ever changed."""

import uuid
from dataclasses import dataclass
from itertools import pairwise

from django.db import transaction
from django.db.models import Count, F, Window
from django.db.models.functions import Left, RowNumber
from django.http import Http404
from django.utils import timezone

from playground.accounts.quotas import room_of
from playground.core.errors import NothingChanged
from playground.library.diffs import Changes, changes_between
from playground.library.indexing import prompt_index, text_words
from playground.library.models import Prompt, PromptVersion
from playground.library.states import state_of_version
from playground.prompts.state import template_named
from playground.runs.models import Run
from playground.runs.state import PromptState

PAGE = 20
# The runs of a version that its row in the list shows.
RUNS_SHOWN = 3
# For each version in the list; a screenful of them must not take long.
_DIFF_SECONDS = 0.05


def get_version(prompt: Prompt, number: int) -> PromptVersion:
    """The prompt's version of that number. Whose the prompt is, was asked before."""
    version = prompt.versions.filter(number=number).first()
    if version is None:
        raise Http404
    return version


def version_create(
    *, prompt: Prompt, state: PromptState, message: str = "", run: Run | None = None
) -> PromptVersion:
    """The next version, which is the head from now on. run: the one on the page that is saved.

    Raises `NothingChanged` when it would be as the head is.
    """
    with transaction.atomic():
        # The prompt's row is the lock under which numbers are given.
        locked = Prompt.objects.select_for_update().get(pk=prompt.pk)
        head = locked.head
        if head is not None and state_of_version(head) == state:
            raise NothingChanged(f"Nothing has changed since version {head.number}.")
        version = PromptVersion.objects.create(
            prompt=locked,
            number=head.number + 1 if head else 1,
            message=message,
            fields=state.fields,
            text=state.text,
            variables=state.variables,
            parameters=state.parameters,
            model=state.model,
            run=run,
        )
        now = timezone.now()
        Prompt.objects.filter(pk=prompt.pk).update(head=version, updated_at=now)
        prompt.head, prompt.updated_at = version, now
    return version


def version_restore(*, prompt: Prompt, version: PromptVersion) -> PromptVersion:
    """A new version with the content of an old one. Raises `NothingChanged`, `QuotaReached`."""
    words = text_words(version.text)
    room_of(prompt.person).check("versions", size=version.size)
    with transaction.atomic():
        restored = version_create(
            prompt=prompt,
            state=state_of_version(version),
            message=f"Restored version {version.number}",
        )
        prompt_index(prompt, words)
    return restored


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """A version in the list.

    changes: against the one before it; None for the first.
    runs: the latest, each with ``glimpse``, the beginning of its text.
    """

    version: PromptVersion
    changes: Changes | None
    run_count: int
    runs: list[Run]

    @property
    def before(self) -> int:
        """The number of the version that it is held against."""
        return self.version.number - 1


def version_rows(prompt: Prompt, *, before: int | None = None) -> list[VersionRow]:
    """Up to `PAGE` versions, newest first, from below the number ``before`` on."""
    versions = prompt.versions.order_by("-number")
    if before is not None:
        versions = versions.filter(number__lt=before)
    # One more than is shown: the last one is compared with the one before it.
    found = list(versions[: PAGE + 1])
    template = template_named(prompt.template)
    changes = {
        newer.pk: changes_between(
            template, state_of_version(older), state_of_version(newer), seconds=_DIFF_SECONDS
        )
        for newer, older in pairwise(found)
    }
    shown = found[:PAGE]
    counts, runs = _runs_of(prompt, shown)
    return [
        VersionRow(
            version=version,
            changes=changes.get(version.pk),
            run_count=counts.get(version.pk, 0),
            runs=runs.get(version.pk, []),
        )
        for version in shown
    ]


def _runs_of(
    prompt: Prompt, versions: list[PromptVersion]
) -> tuple[dict[uuid.UUID, int], dict[uuid.UUID, list[Run]]]:
    of_these = Run.objects.filter(
        person=prompt.person_id, version_id__in=[version.pk for version in versions]
    )
    counted = of_these.values_list("version_id").annotate(count=Count("pk"))
    newest = Window(RowNumber(), partition_by=F("version_id"), order_by=F("number").desc())
    latest = (
        of_these.annotate(place=newest, glimpse=Left("text", 120))
        .filter(place__lte=RUNS_SHOWN)
        .only("version_id", "status", "created_at")
        .order_by("place")
    )
    runs: dict[uuid.UUID, list[Run]] = {}
    for run in latest:
        if run.version_id is not None:
            runs.setdefault(run.version_id, []).append(run)
    return {version_id: count for version_id, count in counted if version_id}, runs
