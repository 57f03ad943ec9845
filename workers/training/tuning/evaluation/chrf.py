"""chrF++ of texts against references, by sacrebleu, with the signature that makes it repeatable."""

from collections.abc import Sequence
from dataclasses import dataclass

from sacrebleu.metrics.chrf import CHRF

from workers.training.tuning.evaluation.intervals import RESAMPLES, Figure


@dataclass(frozen=True)
class Chrf:
    """0 to 100 over all texts together, and what computed it."""

    figure: Figure
    signature: str


class _PlainScores(CHRF):
    """Scores as Python's numbers.

    The bootstrap sums numpy's. A resample in which no text shares anything with its reference has
    Python's zero, and sacrebleu's mean refuses both together.
    """

    def _compute_f_score(self, statistics: list[int]) -> float:
        return float(super()._compute_f_score(statistics))


def chrf(texts: Sequence[str], references: Sequence[str]) -> Chrf:
    """Character n-grams up to 6 and words up to 2 (Popović 2017), with a seeded bootstrap."""
    metric = _PlainScores(word_order=2)
    score = metric.corpus_score(list(texts), [list(references)], n_bootstrap=RESAMPLES)
    # sacrebleu prints it as "score ± half" and gives it out in no other way.
    value, half = float(score.score), float(score._ci)
    figure = Figure(value, max(0.0, value - half), min(100.0, value + half))
    return Chrf(figure, str(metric.get_signature()))


def chrf_of_row(text: str, reference: str) -> float:
    """chrF++ of one text, 0 to 100."""
    score: float = CHRF(word_order=2).sentence_score(text, [reference]).score
    return score
