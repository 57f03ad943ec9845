"""The one server process: HTTP by Django, sockets by Channels."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")

import django

# Before anything that imports models.
django.setup()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import WebsocketDenier  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.exceptions import ImproperlyConfigured  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from playground.accounts.addresses import address_of_scope  # noqa: E402
from playground.checkpoints.registry import registry  # noqa: E402
from playground.core.configuration.environment import EXIT_WRONG_SETTING  # noqa: E402
from playground.core.schema import newer_database  # noqa: E402
from playground.core.serving.body_guard import BodyGuard  # noqa: E402
from playground.core.serving.handler import SiteHandler  # noqa: E402
from playground.core.serving.prefix import UnderPrefix  # noqa: E402
from playground.live.consumers import PageConsumer  # noqa: E402
from playground.live.origins import SameOrigin  # noqa: E402

try:
    # Every page needs it; a server that cannot read it need not start.
    registry()
except ImproperlyConfigured as error:
    sys.stderr.write(f"{error}\n")
    raise SystemExit(EXIT_WRONG_SETTING) from None

# Typed as ASGI; Django's path() is typed for views.
consumer: Any = PageConsumer.as_asgi()
nothing: Any = WebsocketDenier.as_asgi()
sockets: Any = [path("ws/", consumer), re_path("", nothing)]

application = UnderPrefix(
    ProtocolTypeRouter(
        {
            "http": BodyGuard(SiteHandler(), address_of=address_of_scope),
            "websocket": SameOrigin(AuthMiddlewareStack(URLRouter(sockets))),
        }
    ),
    settings.PATH_PREFIX,
)


def start() -> Any:
    """What uvicorn calls to have the application. Ends the process with one sentence when the
    database is of a newer version; one that is away may come back, and is waited for."""
    # uvicorn calls this in the thread of its event loop, where Django asks no database.
    with ThreadPoolExecutor(1) as thread, suppress(DatabaseError):
        if newer := thread.submit(_newer_database).result():
            sys.exit(newer)
    return application


def _newer_database() -> str | None:
    try:
        return newer_database()
    finally:
        connection.close()
