"""Train the demo model: ``python -m tools.demo_model.train --help``.

What a step learns is a function of the seed and the step's number, so a run that
was stopped goes on from its last checkpoint, to the same weights as if it had not
been. Checkpoints stay outside the work tree. It runs at the lowest priority.
"""

import argparse
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from tools.demo_model.corpus.stream import corpus_digest, training_document
from tools.demo_model.training.batches import validation_batches
from tools.demo_model.training.export import export
from tools.demo_model.training.prefetch import Diet, batches_ahead
from tools.demo_model.training.tokenizer import load_tokenizer, train_tokenizer
from workers.training.batches import Batch
from workers.training.journal import Journal, OtherRun
from workers.training.network import Shape
from workers.training.trainer import Schedule, StepResult, Training, best_precision

WORK = Path("~/.cache/gptj-playground/demo-model").expanduser()
TOKENIZER_DOCUMENTS = 40_000
LOG_EVERY = 20
VALIDATE_EVERY = 100
VALIDATION_CASES = 12


def prepare_tokenizer(work: Path, *, seed: int, vocab_size: int) -> Tokenizer:
    """The work folder's tokenizer, trained at the first call."""
    path = work / "tokenizer.json"
    if not path.exists():
        # Negative indices: documents that the training itself does not see.
        texts = (training_document(seed, -1 - index).text for index in range(TOKENIZER_DOCUMENTS))
        train_tokenizer(texts, vocab_size=vocab_size).save(str(path))
    return load_tokenizer(path)


def resume(training: Training, checkpoint: Path) -> None:
    """Go on from a checkpoint, if there is one."""
    if checkpoint.exists():
        training.restore(torch.load(checkpoint, weights_only=True))


def save(training: Training, checkpoint: Path) -> None:
    """Replace the checkpoint, never leaving half of one."""
    beside = checkpoint.with_suffix(".new")
    torch.save(training.state(), beside)
    beside.replace(checkpoint)


def steps(training: Training, prepared: Iterable[list[Batch]]) -> Iterator[StepResult]:
    """Train to the end of the schedule, a step at a time, on what is prepared for each."""
    if training.step < training.schedule.steps:
        for made in prepared:
            yield training.train_step(made)
            if training.step >= training.schedule.steps:
                return


def logged(
    training: Training,
    results: Iterator[StepResult],
    journal: Journal,
    validation: Callable[[], dict[str, float]],
) -> Iterator[StepResult]:
    """Pass the steps on; write a line for every few of them, now and then with validation."""
    seen: list[StepResult] = []
    started = time.monotonic()
    for result in results:
        seen.append(result)
        last = training.step == training.schedule.steps
        if training.step % LOG_EVERY == 0 or last:
            spent = time.monotonic() - started
            line: dict[str, Any] = {
                "step": training.step,
                "tokens": training.tokens,
                "loss": round(sum(r.loss for r in seen) / sum(r.positions for r in seen), 4),
                "rate": training.schedule.rate(training.step),
                "tokens_per_s": round(sum(r.tokens for r in seen) / spent),
            }
            if training.step % VALIDATE_EVERY == 0 or last:
                line["validation"] = validation()
            journal.write(line)
            left = (training.schedule.steps - training.step) * spent / len(seen)
            print(line, f"{timedelta(seconds=round(left))} left", flush=True)
            seen, started = [], time.monotonic()
        yield result


def options_of(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=WORK, help="checkpoints and the log")
    parser.add_argument("--out", type=Path, help="folder to export the model to, now and then")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--steps",
        type=int,
        nargs="+",
        default=list(Schedule.ends),
        help="where each round ends; one more lets a run that has ended go on",
    )
    parser.add_argument(
        "--decay",
        type=float,
        nargs="+",
        default=list(Schedule.decays),
        help="share of each round over which the rate falls; the last holds for further rounds",
    )
    parser.add_argument("--documents", type=int, default=48, help="documents a step")
    parser.add_argument("--parts", type=int, default=16, help="batches a step")
    parser.add_argument("--save-every", type=int, default=50)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--nice", type=int, default=19, help="how much to give way to others")
    parser.add_argument(
        "--precision", choices=("bf16", "fp32"), help="of products; what suits the processor"
    )
    options = parser.parse_args(arguments)
    if options.steps != sorted({step for step in options.steps if step > 0}):
        parser.error("--steps: each round must end after the one before it, and after step 0")
    if not all(0 < decay <= 1 for decay in options.decay):
        parser.error("--decay: a share is more than 0 and at most 1")
    if len(options.decay) > len(options.steps):
        parser.error("--decay: there are more shares than rounds")
    options.decay += options.decay[-1:] * (len(options.steps) - len(options.decay))
    return options


def train(options: argparse.Namespace, shape: Shape) -> None:
    """Train, or go on training, to the end of the schedule; raises OtherRun."""
    options.work.mkdir(parents=True, exist_ok=True)
    tokenizer = prepare_tokenizer(options.work, seed=options.seed, vocab_size=shape.vocab_size)
    schedule = Schedule(ends=tuple(options.steps), decays=tuple(options.decay))
    precision = options.precision or best_precision()
    training = Training(
        shape, schedule, seed=options.seed, threads=options.threads, precision=precision
    )
    checkpoint = options.work / "checkpoint.pt"
    resume(training, checkpoint)
    run = {
        name: getattr(options, name) for name in ("seed", "steps", "decay", "documents", "parts")
    }
    journal = Journal(options.work)
    journal.begin(
        {**run, "precision": precision, "corpus": corpus_digest(options.seed)}, step=training.step
    )
    held_out = validation_batches(cases=VALIDATION_CASES, tokenizer=tokenizer)

    def validation() -> dict[str, float]:
        return {task: round(training.loss(made), 4) for task, made in held_out.items()}

    diet = Diet(seed=options.seed, documents=options.documents, parts=options.parts)
    with closing(batches_ahead(diet, tokenizer, training.step)) as prepared:
        for _ in logged(training, steps(training, prepared), journal, validation):
            if training.step % options.save_every and training.step < schedule.steps:
                continue
            save(training, checkpoint)
            if options.out:
                state = training.network.state_dict()
                export(options.out, state=state, shape=shape, tokenizer=tokenizer)
                for path in (journal.run, journal.log):
                    shutil.copy(path, options.out / path.name)


def main() -> None:
    """The command."""
    options = options_of()
    os.nice(options.nice)
    try:
        train(options, Shape())
    except OtherRun as refused:
        raise SystemExit(str(refused)) from None


if __name__ == "__main__":
    main()
