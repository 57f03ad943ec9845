"""What an address says was just done to a prompt or a draft."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from playground.accounts.people import person_of
from playground.core.http import read_id
from playground.library.drafts import own_draft


@dataclass(frozen=True, kw_only=True)
class Toast:
    """What was just done, and the address that a press of Undo posts to; "" for none."""

    text: str
    undo: str = ""


def toast_of(request: HttpRequest) -> Toast | None:
    """What the address says was just done. Words of ours alone: an address can be made up."""
    person = person_of(request)
    if discarded := own_draft(person, read_id(request.GET.get("discarded", ""))):
        text = "Copy deleted." if discarded.is_copy else "Draft put aside."
        return Toast(text=text, undo=reverse("library:draft_restore", args=[discarded.pk]))
    done = {
        "saved": "Saved.",
        "renamed": "Saved. The text is the same, so there is no new version.",
    }
    return next((Toast(text=text) for name, text in done.items() if name in request.GET), None)
