"""Reading scores."""

import uuid

from playground.accounts.models import Person
from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Worker
from playground.checkpoints.selectors import live_workers
from playground.core.errors import NotFound
from playground.scores.models import Score


def get_score(person: Person | None, score_id: uuid.UUID) -> Score:
    """The person's own score; any other is as if it did not exist. Raises `NotFound`."""
    score = Score.objects.filter(pk=score_id, person=person).first() if person else None
    if score is None:
        raise NotFound("These probabilities are no longer here. Ask for them again.")
    return score


def waiting_note(score: Score) -> str:
    """What a score waits for, where that is no other work; "" otherwise."""
    if score.status != Score.Status.QUEUED:
        return ""
    ready = live_workers(GENERATE).filter(model=score.model, state=Worker.State.READY)
    return "" if ready.exists() else "Waiting for a worker of this model…"
