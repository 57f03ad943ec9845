"""Celery's connection to Redis, for messages that are doorbells.

A ring may be lost (checkpoints/rings.py), so none is kept until it is acknowledged. Kombu's Redis
transport keeps all, in keys that it writes for every message and on a timer; a worker that
cannot write them because Redis is full ends. Here a worker only reads: it takes rings out of
its list and writes nothing, so it lives through a full Redis and waits with its runs.
"""

from typing import Any

import redis as redis_client
from django.conf import settings
from kombu.transport import redis, virtual
from redis.connection import AbstractConnection

# Options that a connection over a unix socket does not accept.
_OF_TCP = ("host", "port", "socket_connect_timeout", "socket_keepalive", "socket_keepalive_options")


class TakenForGood(redis.QoS):
    """Counts deliveries, for the prefetch limit, and keeps nothing in Redis."""

    restore_at_shutdown = False

    def append(self, message: Any, delivery_tag: str) -> None:
        virtual.QoS.append(self, message, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        virtual.QoS.ack(self, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        virtual.QoS.ack(self, delivery_tag)

    def restore_unacked(self, client: Any = None) -> None:
        self._delivered.clear()

    def restore_visible(self, *_: Any, **__: Any) -> None:
        """Nothing was kept."""


class RingChannel(redis.Channel):
    """Connects to the settings' Redis with the arguments of all our other clients.

    Kombu would parse an address by different rules: another database of a socket, another end of a
    password.
    """

    QoS = TakenForGood

    @property
    def connection_class(self) -> type[AbstractConnection]:  # type: ignore[override]
        if settings.REDIS.socket:
            return redis_client.UnixDomainSocketConnection
        secured = settings.REDIS.tls is not None
        return redis_client.SSLConnection if secured else redis_client.Connection

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        arguments = {
            **super()._connparams(asynchronous),
            **settings.REDIS.connection_arguments(),
        }
        if settings.REDIS.socket:
            for name in _OF_TCP:
                arguments.pop(name, None)
        return arguments

    def _queue_bind(self, *_: Any) -> None:
        """Rings go to their queue by its name: there are no bindings to keep."""


class RingTransport(redis.Transport):
    """Celery's transport, also in its pools."""

    Channel = RingChannel
