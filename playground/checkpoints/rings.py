"""The only door to the workers: task names, queues, and the ring itself.

A ring carries the model's name and nothing else: no rights, no truth. It may
be lost, doubled or late.
"""

import structlog
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from playground.celery import app
from playground.core.redis_clients import blocking

GENERATE = "generate"

log = structlog.get_logger(__name__)


def generate_queue(model: str) -> str:
    """The Celery queue (and Redis list) of ``model``."""
    return f"generate.{model}"


def ring(model: str) -> bool:
    """Rings for one run of ``model``. False when Redis did not take it.

    That costs nothing: the row is saved, and the workers' sweep rings again.
    """
    try:
        app.send_task(
            GENERATE,
            args=[model],
            queue=generate_queue(model),
            retry=False,
            ignore_result=True,
            expires=None,
        )
    except (BrokerError, RedisError, OSError) as error:
        log.warning("ring_failed", model=model, error=str(error))
        return False
    return True


def rings_waiting(model: str) -> int:
    """How many rings lie in the list of ``model``."""
    return int(blocking().llen(generate_queue(model)))
