"""Held-out evaluation by transformers: ``python -m tools.demo_model.evaluate models/demo``.

A second opinion beside `make bench-demo`, which asks the engine that serves the
model: the same cases, the same rules. Greedy, fp32.
"""

import argparse
import json
from pathlib import Path

import torch

from tools.demo_model.evaluation.answerer import TransformersAnswerer
from tools.demo_model.evaluation.scoring import (
    ANSWER_STOPS,
    describe_mistake,
    score_answers,
    select_rows,
)


def evaluate(
    folder: Path, *, count: int, only: str = "", batch: int = 20, show: int = 0
) -> dict[str, float]:
    """Shares by row; prints each as it is known, and ``show`` wrong answers of it."""
    answerer = TransformersAnswerer(folder)
    shares: dict[str, float] = {}
    for row in select_rows(only):
        # Of similar length in a batch: padding is computed too.
        documents = sorted((row.case(i) for i in range(count)), key=lambda d: len(d.prompt))
        answers: list[str] = []
        for start in range(0, count, batch):
            part = documents[start : start + batch]
            stops = ANSWER_STOPS[part[0].task]
            answers += answerer.answer([document.prompt for document in part], stops=stops)
        made = score_answers(row, documents, answers)
        low, high = made.interval
        print(f"{row.name:34} {made.right:4} of {made.total:4}   {low:6.1%} to {high:6.1%}")
        for document, given in made.wrong[:show]:
            print(describe_mistake(document, given))
        shares[row.name] = made.share
    return shares


def main() -> None:
    """Evaluate a folder and end with a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=100, help="cases a row")
    parser.add_argument("--only", default="", help="rows whose name begins so")
    parser.add_argument("--show", type=int, default=0, help="wrong answers to print for each row")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    shares = evaluate(options.folder, count=options.count, only=options.only, show=options.show)
    print(f"RESULT {json.dumps(shares)}")


if __name__ == "__main__":
    main()
