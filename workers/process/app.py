"""The Celery application of the workers, and how a process answers rings."""

from collections.abc import Callable

from playground.celery import make_celery
from playground.checkpoints.jobs import Job

app = make_celery()


def answer_rings(job: Job, answer: Callable[[], None]) -> None:
    """From now on each ring of the job that this process takes calls ``answer``."""

    @app.task(name=job.name)
    def take_ring(queue: str) -> None:
        """There may be work. Whose ring it is, is known: a process listens to one queue."""
        answer()
