"""A site under a part of a host: ``https://example.org/playground/``.

Django adds the prefix to every address it makes (``FORCE_SCRIPT_NAME``). This module does the rest:
incoming addresses, outgoing cookies, and the names of cookies.
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
    """ASGI middleware: accepts addresses with the prefix and without it.

    Some proxies pass the whole path on, some remove the prefix. In both cases the application sees
    the whole path, so each address that it makes leads back to the site.
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
