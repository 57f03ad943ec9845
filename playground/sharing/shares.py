"""Share links: made, listed and revoked by their owner, and their content for others.

Only this module decides what a link shows, as a `Shown`. Pages, previews and forks are made
from that and nothing else, so no route can reach more than the owner chose.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Left
from django.http import Http404
from django.utils import timezone

from playground.core.errors import InvalidInput
from playground.library.models import Prompt, PromptVersion
from playground.runs.models import Run
from playground.sharing.branches import branches_of
from playground.sharing.light_runs import light_runs
from playground.sharing.models import Share

# Of one prompt: open, revoked and expired ones together.
MAX_LINKS = 200
MAX_RUNS = 50
# The versions and runs that the dialog offers.
MAX_RUNS_OFFERED = 40
GLIMPSE = 160
# Nothing about these changes any more, and they have text to show.
_SHOWN = (Run.Status.SUCCEEDED, Run.Status.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What of a prompt others are shown: this version, these runs, and nothing else.

    share: the link that shows it; None in the gallery.
    branches: the only ones that may be shown; None for all there are.
    """

    prompt: Prompt
    version: PromptVersion
    runs: Sequence[Run]
    with_branches: bool = False
    branches: Collection[uuid.UUID] | None = None
    share: Share | None = None

    @property
    def author(self) -> str:
        """The name of today, in every link: it says whose the prompt is."""
        return self.prompt.person.public_name

    @property
    def title(self) -> str:
        return self._details.title

    @property
    def description(self) -> str:
        return self._details.description

    @property
    def _details(self) -> Prompt | Share:
        return self.share if self.share is not None and self.share.is_fixed else self.prompt


# --- Reading through a link -------------------------------------------------------------------


def shown_by_link(token: str, *, most_runs: int = MAX_RUNS) -> Shown:
    """The content of the link, with its first runs. Revoked, expired and unknown links are the
    same: there is nothing."""
    share = (
        Share.objects.filter(is_open(), token=token)
        .select_related("prompt__head", "prompt__person__user", "version")
        .first()
    )
    version = (share.version or share.prompt.head) if share else None
    if share is None or version is None:
        raise Http404
    return Shown(
        prompt=share.prompt,
        version=version,
        runs=shown_runs(share.runs.all(), prompt=share.prompt, most=most_runs),
        with_branches=share.with_branches,
        branches=set(share.branches.values_list("pk", flat=True)) if share.is_fixed else None,
        share=share,
    )


def is_open(prefix: str = "") -> Q:
    """The condition on shares under which they still show anything."""
    expires = f"{prefix}expires_at"
    not_over = Q(**{f"{expires}__isnull": True}) | Q(**{f"{expires}__gt": timezone.now()})
    return Q(**{f"{prefix}revoked_at__isnull": True}) & not_over


def shown_runs(chosen: QuerySet[Run], *, prompt: Prompt, most: int = MAX_RUNS) -> list[Run]:
    """The chosen runs, oldest first, without the tokens that only the editor needs."""
    own = chosen.filter(person=prompt.person_id, status__in=_SHOWN)
    return light_runs(own.order_by("number"), most=most)


# --- The owner's side -------------------------------------------------------------------------


def links_of(prompt: Prompt) -> QuerySet[Share]:
    """Every link to the prompt, newest first, each with ``run_count``."""
    links = prompt.shares.select_related("version").annotate(run_count=Count("runs"))
    return links.order_by("-created_at", "pk")


def get_share(prompt: Prompt, share_id: uuid.UUID) -> Share:
    """The prompt's link with that id. Whose the prompt is, was asked before."""
    share = prompt.shares.filter(pk=share_id).first()
    if share is None:
        raise Http404
    return share


def runs_to_choose(prompt: Prompt) -> list[Run]:
    """The newest runs of the prompt that can be shown, each with ``glimpse``."""
    large = ("tokens", "other_choices", "text", "prompt", "fields", "variables", "source")
    newest = runs_of_prompt(prompt).defer(*large)
    return list(
        newest.annotate(glimpse=Left("text", GLIMPSE)).order_by("-number")[:MAX_RUNS_OFFERED]
    )


def version_numbers(prompt: Prompt) -> dict[uuid.UUID, int]:
    """The numbers of the prompt's versions, by their ids."""
    return dict(prompt.versions.values_list("pk", "number"))


def share_create(
    *,
    prompt: Prompt,
    version: PromptVersion | None = None,
    runs: Sequence[Run] = (),
    with_branches: bool = False,
    expires_at: datetime | None = None,
) -> Share:
    """A new link; without ``version`` it always shows the newest. Other links stay as they are."""
    with transaction.atomic():
        # The prompt's row is the lock under which links are counted.
        locked = Prompt.objects.select_for_update().get(pk=prompt.pk)
        if prompt.shares.count() >= MAX_LINKS:
            raise InvalidInput(
                f"This prompt has had {MAX_LINKS} links, which is the most. "
                "Save it as a new prompt to make more."
            )
        share = Share.objects.create(
            person_id=prompt.person_id,
            prompt=prompt,
            version=version,
            with_branches=with_branches,
            expires_at=expires_at,
            # The text that its maker sees now, not the version's earlier title.
            title=locked.title if version else "",
            description=locked.description if version else "",
        )
        share.runs.set(runs)
        if share.is_fixed and share.with_branches:
            shown = shown_runs(share.runs.all(), prompt=prompt)
            share.branches.set(
                branch for found in branches_of(shown).values() for _depth, branch in found
            )
    return share


def share_revoke(*, share: Share) -> Share:
    """Closes the link from the next request on. Idempotent."""
    Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=timezone.now())
    share.refresh_from_db(fields=["revoked_at"])
    return share


def share_revoke_all(*, prompt: Prompt) -> int:
    """Closes every link to the prompt. Returns how many were open."""
    open_ones = prompt.shares.filter(is_open())
    return open_ones.update(revoked_at=timezone.now())


def runs_of_prompt(prompt: Prompt) -> QuerySet[Run]:
    """The runs of the prompt that can be shown to others."""
    versions = prompt.versions.values("pk")
    of_prompt = Run.objects.filter(person=prompt.person_id, version_id__in=versions)
    return of_prompt.filter(status__in=_SHOWN).exclude(text="")
