"""Train the demo model: ``python -m tools.demo_model.train --help``.

What a step learns is a function of the seed and the step's number, so a run that
was stopped goes on from its last checkpoint. Checkpoints stay outside the work tree.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer

from tools.demo_model.batches import batches
from tools.demo_model.corpus import training_document
from tools.demo_model.export import export
from tools.demo_model.network import Shape
from tools.demo_model.tokens import load_tokenizer, train_tokenizer
from tools.demo_model.training import Schedule, StepResult, Training

WORK = Path("~/.cache/gptj-playground/demo-model").expanduser()
TOKENIZER_DOCUMENTS = 40_000
LOG_EVERY = 20


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


def steps(
    training: Training, tokenizer: Tokenizer, options: argparse.Namespace
) -> Iterator[StepResult]:
    """Train to the end of the schedule, a step at a time."""
    while training.step < training.schedule.steps:
        yield training.train_step(
            batches(
                seed=options.seed,
                step=training.step,
                documents=options.documents,
                parts=options.parts,
                tokenizer=tokenizer,
            )
        )


def logged(training: Training, results: Iterator[StepResult], path: Path) -> Iterator[StepResult]:
    """Pass the steps on and write a line of JSON for every few of them."""
    seen: list[StepResult] = []
    started = time.monotonic()
    for result in results:
        seen.append(result)
        if training.step % LOG_EVERY == 0:
            spent = time.monotonic() - started
            line = {
                "step": training.step,
                "tokens": training.tokens,
                "loss": round(sum(r.loss for r in seen) / sum(r.places for r in seen), 4),
                "rate": training.schedule.rate(training.step),
                "tokens_per_s": round(sum(r.tokens for r in seen) / spent),
            }
            with path.open("a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")
            print(line, flush=True)
            seen, started = [], time.monotonic()
        yield result


def options_of(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=WORK, help="checkpoints and the log")
    parser.add_argument("--out", type=Path, help="folder to export the model to, now and then")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=Schedule.steps)
    parser.add_argument("--decay", type=float, default=Schedule.decay)
    parser.add_argument("--documents", type=int, default=48, help="documents a step")
    parser.add_argument("--parts", type=int, default=6, help="batches a step")
    parser.add_argument("--save-every", type=int, default=50)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args(arguments)


def main() -> None:
    """Train, or go on training."""
    options = options_of()
    options.work.mkdir(parents=True, exist_ok=True)
    shape = Shape()
    tokenizer = prepare_tokenizer(options.work, seed=options.seed, vocab_size=shape.vocab_size)
    schedule = Schedule(steps=options.steps, decay=options.decay)
    training = Training(shape, schedule, seed=options.seed, threads=options.threads)
    checkpoint = options.work / "checkpoint.pt"
    resume(training, checkpoint)
    results = steps(training, tokenizer, options)
    for _ in logged(training, results, options.work / "log.jsonl"):
        if training.step % options.save_every and training.step < options.steps:
            continue
        save(training, checkpoint)
        if options.out:
            state = training.network.state_dict()
            export(options.out, state=state, shape=shape, tokenizer=tokenizer)


if __name__ == "__main__":
    main()
