"""The only door to the workers: the ring, and the lists in which rings wait.

A ring names its queue and nothing else: no rights, no truth. It may be lost, doubled or late.
"""

import structlog
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from playground.celery import app
from playground.checkpoints.jobs import Job
from playground.core.redis.clients import blocking

log = structlog.get_logger(__name__)


def ring(job: Job, queue: str) -> bool:
    """Rings once for ``queue``, one of the job's. False when Redis did not take it.

    That costs nothing: the row is saved, and the workers' sweep rings again.
    """
    try:
        app.send_task(
            job.name,
            args=[queue],
            queue=job.queue_name(queue),
            retry=False,
            ignore_result=True,
            expires=None,
        )
    except (BrokerError, RedisError, OSError) as error:
        log.warning("ring_failed", job=job.name, queue=queue, error=str(error))
        return False
    return True


def rings_waiting(job: Job, queue: str) -> int:
    """How many rings lie in the list of ``queue``, one of the job's."""
    return int(blocking().llen(job.queue_name(queue)))
