"""What every page says of the site and of who looks at it."""

from functools import cached_property

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from playground.accounts.models import User

# By the beginning of the address; what begins otherwise is the playground itself.
SECTIONS = {
    "/prompts/": "prompts",
    "/history/": "history",
    "/gallery/": "gallery",
    "/finetunes/": "tuning",
    "/datasets/": "tuning",
    "/d/": "tuning",
    "/tuned/": "tuning",
    "/m/": "tuning",
    "/s/": "gallery",
    "/account/": "account",
}
_OF_PLAYGROUND = ("workbench", "library", "sharing", "runs", "history")

log = structlog.get_logger(__name__)


class Visit:
    """One page as its navigation sees it. Nothing is looked up before it is needed."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.allows_guests: bool = settings.ALLOW_GUESTS
        self.allows_sign_up: bool = settings.ALLOW_SIGN_UP

    @cached_property
    def user(self) -> User | None:
        """Who has signed in; nobody while the database is away, so that this can be said."""
        try:
            user = getattr(self._request, "user", None)
            return user if isinstance(user, User) and user.is_authenticated else None
        except DatabaseError as error:
            log.warning("user_unknown", error=str(error))
            return None

    @property
    def account_tag(self) -> str:
        """Tells the pages of one account from another's; "" on a guest's."""
        if self.user is None:
            return ""
        return salted_hmac("playground.account", str(self.user.pk)).hexdigest()[:16]

    @property
    def section(self) -> str:
        """The entry of the navigation that the page belongs to, or none."""
        for beginning, section in SECTIONS.items():
            if self._request.path_info.startswith(beginning):
                return section
        match = self._request.resolver_match
        return "playground" if match and match.namespace in _OF_PLAYGROUND else ""


def visit(request: HttpRequest) -> dict[str, Visit]:
    """``visit`` in every template."""
    return {"visit": Visit(request)}
