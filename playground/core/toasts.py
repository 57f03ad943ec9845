"""A message about the last action, shown on the next page, with a way to undo it."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest


@dataclass(frozen=True, kw_only=True)
class Toast:
    """``undo``: the address that a press of Undo posts to; "" for none."""

    text: str
    undo: str = ""


def toast(request: HttpRequest, text: str, *, undo: str = "") -> None:
    """Leaves word for the next page. Its place is Django's messages: an address can be made up."""
    messages.success(request, text, extra_tags=undo)


def take_toast(request: HttpRequest) -> Toast | None:
    """The message for this page, which is shown once. Of several, the last can be undone."""
    told = list(messages.get_messages(request))
    if not told:
        return None
    text = " ".join(str(message) for message in told)
    undo = told[-1].extra_tags or ""
    return Toast(text=text, undo=undo if undo.startswith("/") else "")
