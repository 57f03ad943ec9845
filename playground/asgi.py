"""The one server process: HTTP by Django, sockets by Channels."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")

import django

# Before anything that imports models.
django.setup()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from playground.core.handler import SiteHandler  # noqa: E402
from playground.core.prefix import UnderPrefix  # noqa: E402
from playground.runs.consumers import RunConsumer  # noqa: E402
from playground.runs.origins import SameOrigin  # noqa: E402

# Typed as ASGI; Django's path() is typed for views.
consumer: Any = RunConsumer.as_asgi()
sockets: Any = [path("ws/", consumer)]

application = UnderPrefix(
    ProtocolTypeRouter(
        {
            "http": SiteHandler(),
            "websocket": SameOrigin(AuthMiddlewareStack(URLRouter(sockets))),
        }
    ),
    settings.PATH_PREFIX,
)
