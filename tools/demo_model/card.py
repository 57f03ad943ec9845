"""Put the measured figures into the model card: ``python -m tools.demo_model.card``.

Takes the newest results of `make bench-demo` (with ``--save``) and the training's record beside the
weights, and draws the loss curve. Hand-written text stays.
"""

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.demo_model.paths import DEMO, RESULTS
from tools.demo_model.training.curve import picture, points
from workers.training.journal import read_log

_ROWS_OF_LOSS = 10


class CardError(Exception):
    """The card, or what it is made from, is not as expected."""


def newest_results(folder: Path = RESULTS) -> Path:
    """The last results of the demo model's benchmark; raises CardError."""
    found = sorted(folder.glob("demo-*.md"))
    if not found:
        raise CardError(
            f"no results in {folder}: run `python -m benchmarks.demo --save` (make bench-demo)"
        )
    return found[-1]


def figures_table(results: str) -> str:
    """The first table of a results file, which is the rows'."""
    table = re.search(r"^\|.*\|$(?:\n^\|.*\|$)*", results, re.MULTILINE)
    if table is None:
        raise CardError("no table in the results")
    return table[0]


def losses_table(log: Sequence[dict[str, Any]]) -> str:
    """The curve, and about ten lines of the log as a table, the last one among them."""
    lines = [line for line in log if line.get("validation")] or list(log)
    chosen = lines[:: max(1, len(lines) // _ROWS_OF_LOSS)]
    if chosen[-1] is not lines[-1]:
        chosen.append(lines[-1])
    rows = [
        "![The loss by tokens read](loss.svg)",
        "",
        "| step | tokens (million) | loss | held-out answers |",
        "| ---: | ---: | ---: | ---: |",
    ]
    for line in chosen:
        validation = line.get("validation")
        mean = f"{sum(validation.values()) / len(validation):.2f}" if validation else ""
        rows.append(
            f"| {line['step']} | {line['tokens'] / 1e6:.1f} | {line['loss']:.2f} | {mean} |"
        )
    return "\n".join(rows)


def command(run: dict[str, Any]) -> str:
    """The command that began a run, as the card shows it."""
    return (
        f"```\npython -m tools.demo_model.train --seed {run['seed']} "
        f"--steps {' '.join(map(str, run['steps']))} "
        f"--decay {' '.join(map(str, run['decay']))} --documents {run['documents']} "
        f"--precision {run['precision']} --out models/demo\n```"
    )


def fill_part(card: str, part: str, text: str) -> str:
    """``card`` with ``text`` between the marks of ``part``; raises CardError."""
    begin, end = f"<!-- {part} -->", f"<!-- end of {part} -->"
    before, found, rest = card.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise CardError(f"the card lacks {begin} … {end}")
    return f"{before}{begin}\n{text}\n{end}{after}"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=DEMO)
    parser.add_argument("--results", type=Path, help="file to take; the newest if not given")
    options = parser.parse_args()
    path = options.folder / "README.md"
    card = path.read_text(encoding="utf-8")
    try:
        results = options.results or newest_results()
        card = fill_part(card, "figures", figures_table(results.read_text(encoding="utf-8")))
        if log := read_log(options.folder / "log.jsonl"):
            run = json.loads((options.folder / "run.json").read_text(encoding="utf-8"))
            card = fill_part(card, "command", command(run))
            card = fill_part(card, "losses", losses_table(log))
            (options.folder / "loss.svg").write_text(picture(*points(log)), encoding="utf-8")
    except CardError as wrong:
        raise SystemExit(str(wrong)) from None
    path.write_text(card, encoding="utf-8")
    print(f"{path}: figures of {results.name}")


if __name__ == "__main__":
    main()
