"""How often the demo model is right, asked as the pages ask it.

    python -m benchmarks.demo            # or: make bench-demo

Greedy, fp32, on the CPU, through the engine that serves it, many prompts at once. Every case is
content that training never saw: the generator keeps one in sixteen requests, sentences, names and
formats apart, by a hash of the content. Intervals are Wilson's, 95 %. Each row says what counts as
right. At the end the pages' own default examples, which have no target.

Ends with one line `RESULT {json}`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.engine_report import Report, Target, load_before
from benchmarks.processes import machine
from playground.prompts.catalog import TEMPLATES
from tools.demo_model.evaluation.scoring import (
    ANSWER_STOPS,
    MAX_TOKENS,
    Figure,
    cut_at_stop,
    describe_mistake,
    score_answers,
    select_rows,
)
from tools.demo_model.paths import DEMO
from tools.demo_model.training.tokenizer import load_tokenizer
from workers.engine.checkpoint.spec import CheckpointSpec
from workers.engine.engine import Engine
from workers.engine.request import Finish, Request, SamplingParams

CACHE_BYTES = 512 * 2**20
BATCH = 32


class EngineAnswerer:
    """The demo model as it is served."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = load_tokenizer(folder / "tokenizer.json")
        self._engine = Engine.load(
            CheckpointSpec(folder, dtype="float32"), max_batch=BATCH, cache_bytes=CACHE_BYTES
        )
        self.tokens = 0

    def answer(self, prompts: Sequence[str], *, stops: Sequence[str]) -> list[str]:
        """Greedy completions, white space at the ends removed."""
        # Stops are cut here, not in the engine: one may come first, before anything visible.
        params = SamplingParams(max_tokens=MAX_TOKENS, temperature=0)
        texts = dict.fromkeys(range(len(prompts)), "")
        for name, prompt in enumerate(prompts):
            ids = tuple(self._tokenizer.encode(prompt).ids)
            self._engine.submit(Request(str(name), ids, params))
        while self._engine.has_work:
            for output in self._engine.step():
                name = int(output.request_id)
                if isinstance(output, Finish):
                    if output.error is not None:
                        raise output.error
                    texts[name] += output.tail
                    continue
                self.tokens += 1
                texts[name] += output.text
                if len(cut_at_stop(texts[name], stops)) < len(texts[name].strip()):
                    self._engine.abort(output.request_id)
        return [cut_at_stop(text, stops) for text in texts.values()]


def ask(answerer: EngineAnswerer, *, count: int, only: str, show: int) -> list[Figure]:
    """All rows' figures; prints wrong answers as they come."""
    figures = []
    for row in select_rows(only):
        documents = [row.case(index) for index in range(count)]
        stops = ANSWER_STOPS[documents[0].task]
        answers = answerer.answer([document.prompt for document in documents], stops=stops)
        figures.append(score_answers(row, documents, answers))
        for document, given in figures[-1].wrong[:show]:
            print(f"{row.name}\n{describe_mistake(document, given)}", flush=True)
    return figures


def report_figures(report: Report, figures: Sequence[Figure]) -> None:
    """The table and the targets, and what each row counts."""
    report.table(
        ("", "right", "of", "share", "95 % interval", "target"),
        [
            (
                each.row.name,
                str(each.right),
                str(each.total),
                f"{each.share:.1%}",
                "{:.1%} to {:.1%}".format(*each.interval),
                "" if each.row.target is None else f"{each.row.target:.0%}",
            )
            for each in figures
        ],
    )
    report.say("What counts as right:")
    report.say()
    for each in figures:
        report.say(f"- {each.row.name}: {each.row.says}")
    report.targets += [
        Target(each.row.name, 100 * each.share, 100 * each.row.target, "%")
        for each in figures
        if each.row.target is not None
    ]


def report_pages(report: Report, answerer: EngineAnswerer) -> None:
    """The default example of each page: the last part of its prompt, and the answer."""
    report.say()
    report.say("The pages' default examples, greedy:")
    for template in TEMPLATES.values():
        prompt = template.build(template.example)
        (answer,) = answerer.answer([prompt], stops=ANSWER_STOPS[template.slug])
        report.say()
        report.say(f"{template.name}:")
        report.say()
        between = "\n" if template.output == "table" else " "
        asked = prompt.split("\n\n")[-1]
        for line in f"{asked}{between}{answer}".split("\n"):
            report.say(f"    {line}")
    report.say()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=DEMO, help="the checkpoint")
    parser.add_argument("--count", type=int, default=200, help="cases a row")
    parser.add_argument("--only", default="", help="rows whose name begins so")
    parser.add_argument("--show", type=int, default=0, help="wrong answers to print for each row")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--save", action="store_true", help="also write benchmarks/results")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    description = f"{machine()}, {options.threads} threads, {load_before()}"
    report = Report("demo", "How often the demo model is right", description)
    began = time.perf_counter()
    answerer = EngineAnswerer(options.folder)
    figures = ask(answerer, count=options.count, only=options.only, show=options.show)
    report.say(
        f"{options.count} cases a row that training never saw; greedy, fp32, through this engine; "
        f"{answerer.tokens} tokens, {time.perf_counter() - began:.0f} s."
    )
    report_figures(report, figures)
    report_pages(report, answerer)
    report.finish(save=options.save)


if __name__ == "__main__":
    main()
