"""What a person worked on last, so that one press leads back to it."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from playground.accounts.models import Person
from playground.library.drafts import draft_address, drafts_of
from playground.library.models import Draft, Prompt
from playground.library.states import state_of_draft
from playground.prompts.catalog import Template
from playground.prompts.state import first_words, form_of_state, template_named
from playground.runs.models import Run
from playground.runs.state import PromptState

MAX_WORKS = 5
# A tree can have many runs: among so many of the newest ones, other trees are looked for.
_NEWEST = 60


@dataclass(frozen=True, kw_only=True)
class Work:
    """A page to go on with. title: a saved prompt's, or else what its text begins with."""

    template: Template
    title: str
    address: str
    moment: datetime
    runs: int = 0


def recent_works(person: Person | None) -> list[Work]:
    """The last `MAX_WORKS`, newest first: drafts, and trees of runs that no draft goes on with."""
    if person is None:
        return []
    drafts = _newest_drafts(person)
    trees = {draft.run.tree for draft in drafts if draft.run is not None}
    works = [*map(_work_of_draft, drafts), *_works_of_trees(person, without=trees)]
    works.sort(key=lambda work: work.moment, reverse=True)
    return works[:MAX_WORKS]


def _newest_drafts(person: Person) -> list[Draft]:
    drafts = drafts_of(person).filter(is_copy=False).select_related("prompt", "run")
    # Of its run only the tree is needed.
    drafts = drafts.only(
        "template", "state", "updated_at", "is_copy", "discarded_at", "prompt__title", "run__tree"
    )
    return list(drafts.order_by("-updated_at")[:MAX_WORKS])


def _work_of_draft(draft: Draft) -> Work:
    template = template_named(draft.template)
    return Work(
        template=template,
        title=draft.prompt.title if draft.prompt else _title(template, state_of_draft(draft)),
        address=draft_address(draft),
        moment=draft.updated_at,
    )


def _works_of_trees(person: Person, *, without: Collection[uuid.UUID | None]) -> list[Work]:
    """Each tree's newest run, and how many of the newest runs are in the tree."""
    own = Run.objects.filter(person=person).exclude(template="")
    newest = own.order_by("-number").values_list("pk", "tree")[:_NEWEST]
    trees: dict[uuid.UUID, list[uuid.UUID]] = {}
    for run_id, tree in newest:
        trees.setdefault(tree or run_id, []).append(run_id)
    chosen = [ids for tree, ids in trees.items() if tree not in without][:MAX_WORKS]
    rows = Run.objects.select_related("adapter").defer("tokens", "given", "other_choices", "text")
    found = rows.in_bulk([ids[0] for ids in chosen])
    runs = [(found[ids[0]], len(ids)) for ids in chosen if ids[0] in found]
    titles = _titles_of_versions({run.version_id for run, _ in runs if run.version_id})
    works = []
    for run, count in runs:
        template = template_named(run.template)
        work = Work(
            template=template,
            title=titles.get(run.version_id) or _title(template, run.state),
            address=reverse("workbench:run_page", args=[run.pk]),
            moment=run.created_at,
            runs=count,
        )
        works.append(work)
    return works


def _titles_of_versions(versions: Collection[uuid.UUID]) -> dict[uuid.UUID | None, str]:
    if not versions:
        return {}
    return dict(Prompt.objects.filter(versions__in=versions).values_list("versions", "title"))


def _title(template: Template, state: PromptState) -> str:
    return first_words(form_of_state(template, state)) or template.name
