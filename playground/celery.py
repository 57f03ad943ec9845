"""The Celery application as the web side knows it: names and addresses, no tasks.

Tasks live in ``workers``; this side sends rings by name
(``checkpoints.rings``), so that it never imports a worker.
"""

from celery import Celery
from django.conf import settings


def make_celery() -> Celery:
    """A configured application; both sides make theirs here."""
    app = Celery("playground", broker=settings.REDIS.place)
    app.conf.update(
        broker_transport="playground.core.redis.broker:RingTransport",
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        # Early acknowledgement: the row is the truth and the sweep rings
        # again. Redelivery would only run a long task twice.
        task_acks_late=False,
        worker_disable_prefetch=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        task_create_missing_queues=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "socket_timeout": 30,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
    )
    return app


app = make_celery()
