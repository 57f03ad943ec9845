"""A site that has a part of a host to itself: ``https://example.org/playground/``.

Django adds the prefix to every address it makes (``FORCE_SCRIPT_NAME``). What is here does the
rest: addresses that come in, cookies that go out, and the names that these have.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpResponseBase

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[Any]]


class UnderPrefix:
    """ASGI middleware: tells apart what a proxy passed on with the prefix and without.

    Some proxies pass the whole path on, some cut the prefix off. Both ways the application sees
    the whole one, so that each address it makes from it leads back to the site.
    """

    def __init__(self, application: Any, prefix: str) -> None:
        self.application: Application = application
        self.root = prefix.rstrip("/")

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> Any:
        return await self.application(self._whole(scope) if self.root else scope, receive, send)

    def _whole(self, scope: Scope) -> Scope:
        path: str = scope.get("path", "")
        # "/playground" alone lacks its slash, which Django adds.
        if path != self.root and not path.startswith(f"{self.root}/"):
            path = self.root + path
        return {**scope, "path": path, "root_path": self.root}


class _MessagesCookie(CookieStorage):
    cookie_name = settings.MESSAGES_COOKIE_NAME

    def _update_cookie(self, encoded_data: str | None, response: HttpResponseBase) -> None:
        """Django has no setting for where this cookie is sent: for the whole host."""
        super()._update_cookie(encoded_data, response)  # type: ignore[misc]
        if self.cookie_name in response.cookies:
            response.cookies[self.cookie_name]["path"] = settings.SESSION_COOKIE_PATH


class Messages(FallbackStorage):
    """Django's own storage of messages, with a cookie of this site alone."""

    storage_classes = (_MessagesCookie, SessionStorage)
