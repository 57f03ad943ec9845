"""Celery's connection to Redis, for messages that are doorbells.

A ring may be lost (core/rings.py), so none is kept until it is acknowledged. Kombu's Redis
transport keeps all, in keys that it writes for every message and on a timer; a worker that
cannot write them because Redis is full ends. Here a worker only reads: it takes rings out of
its list and writes nothing, so it lives through a full Redis and waits with its runs.
"""

from typing import Any

from celery.app.amqp import AMQP
from kombu.connection import Connection
from kombu.transport import redis, virtual


class TakenForGood(redis.QoS):
    """Counts what was delivered, for the prefetch limit, and keeps nothing in Redis."""

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
    QoS = TakenForGood

    def _queue_bind(self, *_: Any) -> None:
        """Rings go to their queue by its name: there are no bindings to keep."""


class RingTransport(redis.Transport):
    Channel = RingChannel


class RingConnection(Connection):
    def get_transport_cls(self) -> type[RingTransport]:
        return RingTransport


class RingAMQP(AMQP):
    """What `celery.Celery` is to send and receive with."""

    Connection = RingConnection
