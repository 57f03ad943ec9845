"""The files that an evaluation leaves in the folder of a job."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workers.training.tuning.evaluation.budget import Limits
from workers.training.tuning.evaluation.card import Card, write_card
from workers.training.tuning.evaluation.evaluate import Data, Opened, evaluate
from workers.training.tuning.evaluation.labels import common_suffix
from workers.training.tuning.evaluation.report import Evaluation, Task, write_evaluation
from workers.training.tuning.evaluation.results import write_results
from workers.training.tuning.evaluation.rows import read_rows


def write_results_of_job(
    folder: Path,
    *,
    task: Task,
    options: Mapping[str, Any],
    base_name: str,
    dataset_sha256: str,
    base: Opened,
    tuned: Opened,
    limits: Limits | None = None,
    seed: int = 0,
) -> Evaluation:
    """Evaluate and write evaluation.json, results.csv and card.md into ``result/``.

    folder: with train.jsonl, record.jsonl and, where rows were held out, held_out.jsonl.
    options: of the training, for the card; see `card.SHOWN_OPTIONS`.
    base_name: what people know the base by, never a path.
    base, tuned: as in `evaluate.evaluate`.
    """
    apart = folder / "held_out.jsonl"
    train, held_out = read_rows(folder / "train.jsonl"), read_rows(apart) if apart.exists() else []
    evaluation = evaluate(
        Data(task, train, held_out), base=base, tuned=tuned, limits=limits, seed=seed
    )
    result = folder / "result"
    result.mkdir(exist_ok=True)
    write_evaluation(evaluation, result / "evaluation.json")
    write_results(folder / "record.jsonl", result / "results.csv")
    card = Card(
        base=base_name,
        dataset_sha256=dataset_sha256,
        options=options,
        rows=len(train),
        ending=common_suffix([row.prompt for row in [*train, *held_out]]),
    )
    write_card(card, evaluation, result / "card.md")
    return evaluation
