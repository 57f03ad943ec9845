"""The Celery application of the workers: the doorbell, and who answers it."""

from collections.abc import Callable

from playground.celery import make_celery
from playground.checkpoints.rings import GENERATE

app = make_celery()

# Set by the worker's process before it takes rings.
_answer: list[Callable[[], None]] = []


def answer_with(function: Callable[[], None]) -> None:
    """``function`` answers every ring of this process from now on."""
    _answer[:] = [function]


@app.task(name=GENERATE)
def generate(model: str) -> None:
    """A ring: there may be work. ``model`` chose the queue and says nothing more."""
    for answer in _answer:
        answer()
