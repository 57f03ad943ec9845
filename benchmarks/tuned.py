"""What fine-tunes of the demo model are worth, with the recommended settings.

    python -m benchmarks.tuned            # or: make bench-tuned

Each of the three example datasets is divided as the page divides it and trained by the child
process that the worker starts. Measured is on the held-out rows and on fresh rows: the datasets'
generator with another seed, each row with a word overlap below 0.7 with every row of the dataset
(`tools/example_datasets/fresh.py` says how that is computed). The base is scored by its best fair
way: whole labels with their end of text, as they are, a token, less the label's prior without the
message, or less its mean over all messages; the best of the four on the rows that it is measured
on. The tuned models answer with greedy text, as the page does, and ideas with the temperature of
"Try it" too; they are judged by `tools/example_datasets/ideas.py`. At the end the three tuned
models and the base answer in one batch of the engine, and each text is held against the same one
alone.

Ends with one line `RESULT {json}`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.engine_report import Report, Target, load_before
from benchmarks.processes import machine
from benchmarks.tuned_serving import Answer, sample_texts, serve_together
from playground.datasets.splitting import split_file
from playground.finetunes.options import TEXT_TEMPERATURE
from tools.demo_model.paths import DEMO
from tools.example_datasets.fresh import dataset_rows, fresh_rows, highest_overlap
from tools.example_datasets.ideas import Judge
from workers.training.tuning.adapters import load_adapter, without_adapter
from workers.training.tuning.base import Base, load_base
from workers.training.tuning.evaluation.budget import Limits
from workers.training.tuning.evaluation.evaluate import Data, evaluate
from workers.training.tuning.evaluation.intervals import Figure, wilson
from workers.training.tuning.evaluation.report import Evaluation, Task
from workers.training.tuning.evaluation.rows import Row, read_rows

ROOT = Path(__file__).resolve().parents[1]
FRESH = 500
# The guide's duration for small datasets, of which these are one each: 5 to 10 minutes a 100 kB.
MINUTES = 10
WEAK = {"rank": 16, "rate": 2e-4, "epochs": 3}


@dataclass(frozen=True)
class Dataset:
    """One of the three, and what it is."""

    name: str
    file: str
    task: Task


DATASETS = (
    Dataset("topics", "support-topics.txt", "classification"),
    Dataset("sentiment", "review-sentiment.txt", "classification"),
    Dataset("ideas", "blog-ideas.txt", "conditional"),
)


@dataclass(frozen=True)
class Tuned:
    """A trained job."""

    dataset: Dataset
    folder: Path
    result: Mapping[str, Any]
    held_out: Evaluation
    fresh: Evaluation

    @property
    def name(self) -> str:
        return self.dataset.name

    @property
    def adapter(self) -> Path:
        return self.folder / "result" / "adapter"

    @property
    def minutes(self) -> float:
        return float(self.result["seconds"]) / 60


def make_job(dataset: Dataset, folder: Path, settings: Mapping[str, Any]) -> None:
    """The folder that the worker makes for a job with the recommended settings."""
    folder.mkdir(parents=True)
    rows = folder / "rows.jsonl"
    lines = [
        {"row": number, "line": number, "prompt": prompt, "completion": completion}
        for number, (prompt, completion) in enumerate(dataset_rows(dataset.file), start=1)
    ]
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    split_file(rows, folder / "train.jsonl", folder / "held_out.jsonl", seed=0, task=dataset.task)
    job = {"format": 1, "base": str(DEMO), "task": dataset.task, **settings}
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")


def train(dataset: Dataset, folder: Path, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Run the child process to its end; the record's result. Raises RuntimeError where it fails."""
    make_job(dataset, folder, settings)
    command = [sys.executable, "-m", "workers.training.tuning", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True)
    record = [json.loads(line) for line in (folder / "record.jsonl").read_text().splitlines()]
    if record[-1].get("status") != "succeeded":
        raise RuntimeError(f"{dataset.name}: {record[-1]}")
    return next(line for line in record if line["kind"] == "result")


def tune(dataset: Dataset, folder: Path, settings: Mapping[str, Any], *, fresh: int) -> Tuned:
    """Train, and evaluate on the held-out rows and on fresh ones."""
    result = train(dataset, folder, settings)
    base = load_base(DEMO)
    load_adapter(base.network, folder / "result" / "adapter")
    rows = read_rows(folder / "train.jsonl")
    held_out = read_rows(folder / "held_out.jsonl")
    pairs = fresh_rows(dataset.file, fresh, seed=1)
    others = [Row(number, *pair) for number, pair in enumerate(pairs, start=1)]
    return Tuned(
        dataset,
        folder,
        result,
        held_out=compare(base, dataset.task, rows, held_out),
        fresh=compare(base, dataset.task, rows, others),
    )


def compare(base: Base, task: Task, train: Sequence[Row], rows: Sequence[Row]) -> Evaluation:
    """The base against the adapter that is attached, on rows that it has not seen."""

    @contextmanager
    def alone() -> Any:
        with without_adapter(base.network):
            yield base

    def tuned() -> AbstractContextManager[Base]:
        return nullcontext(base)

    limits = Limits(seconds=3600, outputs=len(rows), mistakes=0)
    return evaluate(Data(task, train, rows), base=alone, tuned=tuned, limits=limits)


def report_labels(report: Report, tuned: Sequence[Tuned]) -> None:
    rows = []
    for each in tuned:
        for name, found in (("held-out", each.held_out), ("fresh", each.fresh)):
            classes = found.classification
            if classes is None:
                raise RuntimeError(f"{each.dataset.name} is no classification.")
            rows.append(
                (
                    f"{each.dataset.name}, {found.measured} {name} rows",
                    share(classes.base.accuracy),
                    share(classes.tuned.accuracy),
                    share(classes.tuned.macro_f1),
                    share(classes.tuned_scored.accuracy),
                    f"{each.minutes:.1f}",
                )
            )
    report.table(("", "base", "tuned", "macro-F1", "tuned, scored", "minutes"), rows)
    for each in tuned:
        classes = each.fresh.classification
        if classes is not None:
            report.say(f"Base on fresh {each.dataset.name}: {classes.base.how}.")


def share(figure: Figure) -> str:
    return f"{figure.value:.1%} ({figure.low:.1%} to {figure.high:.1%})"


def label_targets(topics: Tuned, sentiment: Tuned) -> list[Target]:
    shares = {}
    for each in (topics, sentiment):
        for name, found in (("held-out", each.held_out), ("fresh", each.fresh)):
            classes = found.classification
            if classes is None:
                raise RuntimeError(f"{each.dataset.name} is no classification.")
            shares[each.dataset.name, name] = (
                100 * classes.tuned.accuracy.value,
                100 * classes.base.accuracy.value,
            )
    least = min(
        tuned - base for tuned, base in (shares["topics", "held-out"], shares["topics", "fresh"])
    )
    return [
        Target("topics, held-out rows right", shares["topics", "held-out"][0], 85, "%"),
        Target("topics, fresh rows right", shares["topics", "fresh"][0], 88, "%"),
        Target("topics over the base, held-out and fresh", least, 60, "points"),
        Target("sentiment, fresh rows right", shares["sentiment", "fresh"][0], 93, "%"),
    ]


def report_ideas(report: Report, tuned: Tuned) -> list[Target]:
    both, ended = tuned.held_out.perplexity, tuned.held_out.ended
    fresh_ended = tuned.fresh.ended
    if both is None or ended is None or fresh_ended is None or tuned.held_out.chrf is None:
        raise RuntimeError("The ideas were not measured.")
    judge = Judge()
    rows = []
    good = {}
    as_tried = f"fresh, temperature {TEXT_TEMPERATURE}"
    sampled = sample_texts(DEMO, tuned, TEXT_TEMPERATURE)
    for name, texts in (
        ("held-out", {output.prompt: output.tuned for output in tuned.held_out.outputs}),
        ("fresh", {output.prompt: output.tuned for output in tuned.fresh.outputs}),
        (as_tried, sampled),
    ):
        ideas = [judge.judge(prompt, text) for prompt, text in texts.items()]
        good[name] = wilson(sum(each.good for each in ideas), len(ideas))
        parts = (
            wilson(sum(kind), len(ideas))
            for kind in (
                [each.listed for each in ideas],
                [each.distinct for each in ideas],
                [each.of_trade for each in ideas],
            )
        )
        rows.append((f"{len(ideas)} prompts, {name}", *map(share, parts), share(good[name])))
    report.table(("ideas", "three listed", "distinct", "of the trade", "good"), rows)
    report.say(
        f"Perplexity of held-out ideas: base {both.base.value:,.0f}, tuned {both.tuned.value:.2f} "
        f"({both.tuned.low:.2f} to {both.tuned.high:.2f}); chrF++ "
        f"{tuned.held_out.chrf.base.value:.1f} and {tuned.held_out.chrf.tuned.value:.1f} "
        f"({tuned.held_out.chrf.signature}). Trained {tuned.minutes:.1f} minutes."
    )
    for output in tuned.fresh.outputs[:3]:
        report.say(f"- {output.prompt}{output.tuned}")
    ends = 100 * min(ended.tuned.value, fresh_ended.tuned.value)
    return [
        Target("ideas, perplexity of held-out rows", both.tuned.value, 3, "", at_most=True),
        Target("ideas that end by themselves", ends, 100, "%"),
        Target("ideas that are good, fresh prompts", 100 * good[as_tried].value, 90, "%"),
    ]


def report_together(report: Report, answers: Sequence[Answer]) -> list[Target]:
    models = sorted({answer.model for answer in answers})
    rows = []
    for model in models:
        own = [answer for answer in answers if answer.model == model]
        same = sum(answer.together == answer.alone for answer in own)
        right = sum(answer.together.strip() == answer.expected.strip() for answer in own)
        rows.append((model, str(len(own)), str(same), str(right)))
    report.table(("in one batch", "prompts", "as alone", "as in the dataset"), rows)
    same = sum(answer.together == answer.alone for answer in answers)
    return [
        Target("texts of four models in one batch as alone", 100 * same / len(answers), 100, "%")
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--fresh", type=int, default=FRESH, help="fresh rows of each dataset")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the jobs")
    parser.add_argument("--save", action="store_true", help="also write benchmarks/results")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    description = f"{machine()}, {options.threads} threads, {load_before()}"
    report = Report("tuned", "What fine-tunes of the demo model are worth", description)
    settings = {"threads": options.threads, "nice": 0}
    with tempfile.TemporaryDirectory() as temporary:
        place = options.keep or Path(temporary)
        for each in DATASETS:
            rows = fresh_rows(each.file, options.fresh, seed=1)
            overlap = highest_overlap(each.file, rows)
            report.say(f"Fresh {each.name}: {len(rows)} rows, largest overlap {overlap:.3f}.")
        topics, sentiment, ideas = (
            tune(each, place / each.name, settings, fresh=options.fresh) for each in DATASETS
        )
        report_labels(report, (topics, sentiment))
        report.targets += label_targets(topics, sentiment)
        report.targets += report_ideas(report, ideas)
        longest = max(each.minutes for each in (topics, sentiment, ideas))
        report.targets.append(Target("longest training", longest, MINUTES, "min", at_most=True))
        answers = serve_together(DEMO, (topics, sentiment, ideas))
        report.targets += report_together(report, answers)
        weak = tune(DATASETS[0], place / "weak", {**settings, **WEAK}, fresh=options.fresh)
    classes = weak.held_out.classification
    if classes is None:
        raise RuntimeError("The weak model was not measured.")
    report.say(
        f"r 16, 2e-4, 3 epochs on topics: {classes.tuned.right} of {weak.held_out.measured} "
        f"held-out rows right, base {classes.base.right}. The page says: "
        f"{weak.held_out.verdict.sentence}"
    )
    nothing = weak.held_out.verdict.outcome == "nothing"
    report.targets.append(
        Target("r 16, 2e-4, 3 epochs: said to have learnt nothing", float(nothing), 1, "")
    )
    report.finish(save=options.save)


if __name__ == "__main__":
    main()
