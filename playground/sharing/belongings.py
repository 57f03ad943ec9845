"""A person's share links, as they are exported."""

from collections.abc import Iterator
from typing import Any

from playground.accounts.belongings import Belonging
from playground.accounts.models import Person
from playground.core.batches import in_batches
from playground.sharing.models import Share

_BATCH = 100


def _export_shares(person: Person) -> Iterator[dict[str, Any]]:
    shares = Share.objects.filter(person=person).select_related("prompt", "version")
    kept = shares.prefetch_related("runs")
    for share in in_batches(kept, by="created_at", size=_BATCH):
        yield {
            "kind": "share",
            "token": share.token,
            "prompt": share.prompt_id,
            "title": share.title if share.is_fixed else share.prompt.title,
            "version": share.version.number if share.version else None,
            "runs": [run.pk for run in share.runs.all()],
            "with_branches": share.with_branches,
            "expires_at": share.expires_at,
            "revoked_at": share.revoked_at,
            "created_at": share.created_at,
        }


BELONGINGS = (Belonging(model=Share, export=_export_shares),)
