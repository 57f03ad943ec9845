"""Train the demo model: ``python -m tools.demo_model.train --help``.

What a step learns is a function of the seed and the step's number. So a stopped run resumes from
its last checkpoint and reaches the same weights as an undisturbed one. Checkpoints are outside the
work tree. The command runs at the lowest priority.
"""

import argparse
import os
import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from tools.demo_model.corpus.stream import corpus_digest, training_document
from tools.demo_model.training.batches import validation_batches
from tools.demo_model.training.export import export
from tools.demo_model.training.prefetch import StepPlan, prefetch_batches
from tools.demo_model.training.tokenizer import load_tokenizer, train_tokenizer
from workers.training.checkpoint import resume_from_checkpoint, save_checkpoint
from workers.training.journal import DifferentRun, Journal
from workers.training.loop import Intervals, run_schedule
from workers.training.loss import best_precision
from workers.training.network import GPTJ, Shape
from workers.training.optimizers import make_optimizers
from workers.training.schedule import Schedule
from workers.training.trainer import Trainer

SHAPE = Shape(vocab_size=6144, n_embd=256, n_layer=6, n_head=4, rotary_dim=32, n_positions=2048)
WORK = Path("~/.cache/gptj-playground/demo-model").expanduser()
TOKENIZER_DOCUMENTS = 40_000
RECORD_EVERY = 20
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


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
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


def make_trainer(options: argparse.Namespace, shape: Shape) -> Trainer:
    """A trainer before its first step."""
    torch.manual_seed(options.seed)
    network = GPTJ(shape)
    schedule = Schedule(ends=tuple(options.steps), decays=tuple(options.decay))
    return Trainer(
        network,
        make_optimizers(network, rate=schedule.peak),
        schedule,
        threads=options.threads,
        precision=options.precision or best_precision(),
    )


def begin_journal(options: argparse.Namespace, trainer: Trainer) -> Journal:
    """The record of this run, from the trainer's step on; raises DifferentRun.

    Another round, an entry more of steps and decay, is no different run.
    """
    run = {
        name: getattr(options, name) for name in ("seed", "steps", "decay", "documents", "parts")
    }
    run |= {"precision": trainer.precision, "corpus": corpus_digest(options.seed)}
    journal = Journal(options.work)
    journal.begin(run, step=trainer.step, extendable=("steps", "decay"))
    return journal


def train(options: argparse.Namespace, shape: Shape) -> None:
    """Train, or go on training, to the end of the schedule; raises DifferentRun."""
    options.work.mkdir(parents=True, exist_ok=True)
    tokenizer = prepare_tokenizer(options.work, seed=options.seed, vocab_size=shape.vocab_size)
    trainer = make_trainer(options, shape)
    checkpoint = options.work / "checkpoint.pt"
    resume_from_checkpoint(trainer, checkpoint)
    journal = begin_journal(options, trainer)
    held_out = validation_batches(cases=VALIDATION_CASES, tokenizer=tokenizer)

    def validate() -> dict[str, float]:
        return {task: round(trainer.mean_loss(batches), 4) for task, batches in held_out.items()}

    def save() -> None:
        save_checkpoint(trainer, checkpoint)
        if options.out:
            state = trainer.network.state_dict()
            export(options.out, state=state, shape=shape, tokenizer=tokenizer)
            for path in (journal.run_path, journal.log_path):
                shutil.copy(path, options.out / path.name)

    plan = StepPlan(seed=options.seed, documents=options.documents, parts=options.parts)
    with closing(prefetch_batches(plan, tokenizer, trainer.step)) as batches_by_step:
        run_schedule(
            trainer,
            batches_by_step,
            journal=journal,
            intervals=Intervals(
                record=RECORD_EVERY, validate=VALIDATE_EVERY, save=options.save_every
            ),
            validate=validate,
            report=print_line,
            save=save,
        )


def print_line(line: dict[str, Any], left: timedelta) -> None:
    """Tell the terminal how the run is doing."""
    print(line, f"{left} left", flush=True)


def main() -> None:
    """The command."""
    options = parse_options()
    os.nice(options.nice)
    try:
        train(options, SHAPE)
    except DifferentRun as refused:
        raise SystemExit(f"{refused} --work names the folder.") from None


if __name__ == "__main__":
    main()
