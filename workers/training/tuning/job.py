"""A job's folder from its options to its result, going on where it was killed."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch

from workers.training.loop import train_steps
from workers.training.loss import Precision, best_precision
from workers.training.trainer import StepResult
from workers.training.tuning.base import Base, base_digest, load_base
from workers.training.tuning.checkpoints import Checkpoint, newest_checkpoint, save_checkpoint
from workers.training.tuning.errors import DatasetUnusable, DifferentJob
from workers.training.tuning.guards import LossGuard, check_held_out_loss
from workers.training.tuning.learner import Learner
from workers.training.tuning.looking import Look, look_at_held_out, sample_texts
from workers.training.tuning.memory import free_memory, is_out_of_memory
from workers.training.tuning.options import TuningOptions
from workers.training.tuning.plan import MEASURED, Plan, corrected_steps, describe_plan, make_plan
from workers.training.tuning.processes import Single, Together
from workers.training.tuning.quantizing import load_quantizer, quantize_base
from workers.training.tuning.record import Record
from workers.training.tuning.rows import Rows, read_rows

Outcome = Literal["finished", "early", "stopped", "interrupted"]


@dataclass
class Progress:
    """How far a job has come, beside the trainer's own step: plain values for ``state.json``."""

    seconds: float = 0.0
    """Of training, over all attempts."""
    best_step: int | None = None
    best_loss: float | None = None
    looks_without_best: int = 0
    outcome: Outcome | None = None
    """Why training is over, if it is."""
    first_losses: list[float] = field(default_factory=list)
    recent_losses: list[float] = field(default_factory=list)


class Job:
    """One attempt at a job. ``is_terminated`` says whether it was asked to make room."""

    def __init__(
        self,
        folder: Path,
        options: TuningOptions,
        record: Record | None,
        processes: Single | Together,
        is_terminated: Callable[[], bool],
    ) -> None:
        self.folder, self.record, self.processes = folder, record, processes
        self.is_terminated = is_terminated
        self.progress = Progress()
        precision = (
            best_precision(processes.device.type)
            if options.precision == "auto"
            else options.precision
        )
        self.base = _open_base(options, processes.device, precision)
        self.options = options.resolved(self.base.parameters)
        self.max_length = min(options.max_length, self.base.network.shape.n_positions)
        self.train = self._rows("train.jsonl")
        self.held_out = self._rows("held_out.jsonl")
        if not self.train.labels:
            raise DatasetUnusable("There is no row to learn from. Add rows to the dataset.")
        self.learner = Learner(
            self.base,
            self.options,
            self.train.encoded,
            processes=processes,
            precision=precision,
        )
        self.trainer = self.learner.trainer
        self.best: Mapping[str, torch.Tensor] | None = None
        self.guard = LossGuard(self.base.network.shape.vocab_size)
        self._saved_at = time.monotonic()

    def _rows(self, name: str) -> Rows:
        path = self.folder / name
        if name == "held_out.jsonl" and not path.exists():
            return Rows([], [], 0, "")
        return read_rows(path, self.base, max_length=self.max_length)

    # --- Before the first step -------------------------------------------------------------

    def begin(self) -> None:
        """Go on from the newest whole checkpoint, or plan from the beginning."""
        checkpoint, removed = newest_checkpoint(
            self.folder / "checkpoints", may_remove=self.processes.number == 0
        )
        if checkpoint is not None:
            self._check_same(checkpoint.state)
        if self.record:
            at = checkpoint.state["record"] if checkpoint else {"offset": 0, "n": 0}
            self.record.go_back(offset=at["offset"], n=at["n"])
            for what in removed:
                self.record.log("warning", "checkpoint_removed", f"Removed: {what}.")
        if checkpoint is None:
            self._plan()
        else:
            self._restore(checkpoint)

    def identity(self) -> dict[str, str]:
        """What a checkpoint must be of, so that a job goes on from it."""
        return {
            "dataset": self.options.dataset_sha256,
            "rows": self.train.sha256,
            "held_out_rows": self.held_out.sha256,
            "configuration": self.options.digest(),
            "base": base_digest(self.base.folder),
            "precision": self.learner.precision,
        }

    def _check_same(self, state: Mapping[str, Any]) -> None:
        before, now = state["identity"], self.identity()
        different = [name.replace("_", " ") for name in now if before.get(name) != now[name]]
        if different:
            raise DifferentJob(
                f"The checkpoints of this job were made with another {', '.join(different)}. "
                "Start a new job for it."
            )

    def _restore(self, checkpoint: Checkpoint) -> None:
        state = checkpoint.state
        self.learner.load_weights(checkpoint.weights)
        self.learner.load_moments(checkpoint.moments)
        self.best = checkpoint.best
        self.progress = Progress(**state["progress"])
        self.guard.first = list(self.progress.first_losses)
        self.guard.recent = list(self.progress.recent_losses)
        self.trainer.step, self.trainer.tokens = state["step"], state["tokens"]
        self._follow(Plan(state["micro_batch"], state["steps"], state["evaluate_every"]))
        self.log("info", "resumed", f"Goes on from step {self.trainer.step}.")

    def _plan(self) -> None:
        plan, seconds = make_plan(self.learner, self.processes)
        self._follow(plan)
        if self.train.cut:
            self.log(
                "warning",
                "prompts_cut",
                f"{self.train.cut:,} rows are longer than {self.max_length:,} tokens: the head of "
                "their prompts is left out.",
            )
        fields = describe_plan(plan, self.learner, self.processes, seconds_a_step=seconds)
        self.append("plan", held_out=len(self.held_out.encoded), **fields)

    def _follow(self, plan: Plan) -> None:
        self.plan = plan
        self.learner.micro_batch = plan.micro_batch
        self.trainer.schedule = self.learner.schedule(plan.steps)

    # --- Steps -----------------------------------------------------------------------------

    def run(self) -> Outcome:
        """Train until it is over, or the job has to make room; raises Diverged."""
        while self.progress.outcome is None:
            try:
                return self._run_steps()
            except (RuntimeError, MemoryError) as error:
                # Gradients alone take much, and until they are there nothing has changed.
                alone = self.processes.count == 1
                if not alone or self.plan.micro_batch == 1 or not is_out_of_memory(error):
                    raise
                self._halve_micro_batch()
        return self.progress.outcome

    def _halve_micro_batch(self) -> None:
        """Others took the memory that was free when it was tried."""
        rows = -(-self.plan.micro_batch // 2)
        step = self.trainer.step + 1
        self.log(
            "warning", "memory", f"Memory ran out in step {step}: {rows} rows at once from here on."
        )
        self._follow(replace(self.plan, micro_batch=rows))
        free_memory(self.learner.device)

    def _run_steps(self) -> Outcome:
        began, before = time.monotonic(), self.progress.seconds
        at_start = self.trainer.tokens
        self._saved_at = began
        for result in train_steps(self.trainer, self.learner.batches()):
            self.progress.seconds = before + time.monotonic() - began
            self.guard.look(self.trainer.step, result)
            self._correct_plan()
            speed = (self.trainer.tokens - at_start) / (self.progress.seconds - before)
            self._record_step(result, speed)
            every = self.plan.evaluate_every
            if self.trainer.step % every == 0 or self.trainer.is_finished:
                self._look()
            outcome = self._decide()
            if outcome:
                return outcome
        return self._finish("finished")

    def _decide(self) -> Outcome | None:
        """What comes after this step; the first process says it."""
        patience = self.options.patience
        early = patience and self.progress.looks_without_best >= patience
        due = time.monotonic() - self._saved_at >= self.options.save_seconds
        said = self.processes.first_says(
            [self._is_stopped(), self.is_terminated(), bool(early), due]
        )
        stopped, terminated, early, due = map(bool, said)
        if stopped:
            return self._finish("stopped")
        if early and not self.trainer.is_finished:
            return self._finish("early")
        if terminated and not self.trainer.is_finished:
            self.save()
            return "interrupted"
        if due and not self.trainer.is_finished:
            self.save()
        return None

    def _finish(self, outcome: Outcome) -> Outcome:
        self.progress.outcome = outcome
        self.save()
        return outcome

    def _is_stopped(self) -> bool:
        try:
            control = json.loads((self.folder / "control.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return isinstance(control, dict) and control.get("stop") == "keep_best"

    def _correct_plan(self) -> None:
        """Hold to the minutes that were chosen, from the steps that were measured."""
        if self.options.minutes is None:
            return
        step, every = self.trainer.step, self.plan.evaluate_every
        if step != MEASURED and step % every:
            return
        steps = corrected_steps(self.learner, step=step, seconds=self.progress.seconds)
        steps = int(self.processes.first_says([steps])[0])
        self._follow(replace(self.plan, steps=max(step, steps)))

    def _record_step(self, result: StepResult, speed: float) -> None:
        step, schedule = self.trainer.step, self.trainer.schedule
        tokens_left = self.trainer.tokens / step * (schedule.steps - step)
        self.append(
            "step",
            step=step,
            steps=schedule.steps,
            epoch=round(step / self.learner.steps_of_epoch, 3),
            loss=round(result.loss / result.positions, 5),
            rate=schedule.rate(step - 1),
            tokens_per_s=round(speed, 1),
            tokens=self.trainer.tokens,
            seconds=round(self.progress.seconds, 2),
            left_seconds=round(tokens_left / speed, 1),
        )

    def _look(self) -> None:
        """Look at the held-out rows and show samples; the best weights are kept."""
        look: Look | None = None
        base = self.learner.base_to_look_at()
        if base and self.held_out.encoded:
            look = look_at_held_out(base, self.held_out.encoded)
        loss = self.processes.first_says([look.loss if look else 0.0])[0]
        if self.held_out.encoded:
            check_held_out_loss(self.trainer.step, loss)
            self._compare(loss)
        if look:
            classification = self.options.task == "classification"
            self.append(
                "evaluation",
                step=self.trainer.step,
                loss=round(look.loss, 5),
                perplexity=round(look.perplexity, 4),
                best=self.progress.best_step == self.trainer.step,
                **({"accuracy": round(look.right, 4)} if classification else {}),
            )
        if base:
            room = self.train.longest_completion
            for prompt, text in sample_texts(base, self.options.samples, room):
                self.append(
                    "sample",
                    step=self.trainer.step,
                    prompt=prompt,
                    text=text.text,
                    ended=text.ended,
                )

    def _compare(self, loss: float) -> None:
        if self.progress.best_loss is None or loss < self.progress.best_loss:
            self.progress.best_loss, self.progress.best_step = loss, self.trainer.step
            self.progress.looks_without_best = 0
            self.best = self.learner.weights()
        else:
            self.progress.looks_without_best += 1

    # --- State -----------------------------------------------------------------------------

    def save(self) -> None:
        """Save a checkpoint; raises OSError where the disk is full, and the last one stays."""
        if self.record is None and not self.learner.is_sharded:
            return
        weights, moments = self.learner.weights(), self.learner.moments()
        if self.record is None:
            return
        self.progress.first_losses = self.guard.first
        self.progress.recent_losses = self.guard.recent
        before = (self.record.offset, self.record.n)
        self.append("checkpoint", step=self.trainer.step)
        self.record.sync()
        state = {
            "identity": self.identity(),
            "step": self.trainer.step,
            "tokens": self.trainer.tokens,
            "steps": self.plan.steps,
            "micro_batch": self.plan.micro_batch,
            "evaluate_every": self.plan.evaluate_every,
            "progress": vars(self.progress),
            "record": {"offset": self.record.offset, "n": self.record.n},
            "versions": {"torch": torch.__version__},
        }
        checkpoint = Checkpoint(weights, moments, self.best, state)
        try:
            save_checkpoint(self.folder / "checkpoints", checkpoint, step=self.trainer.step)
        except OSError:
            self.record.go_back(offset=before[0], n=before[1])
            raise
        self._saved_at = time.monotonic()

    def take_best(self) -> int:
        """Leave the best weights in ``base``, whole in the first process; the step they are of."""
        step = self.trainer.step
        if self.best is not None and self.progress.best_step is not None:
            self.learner.load_weights(self.best)
            step = self.progress.best_step
        self.base = self.learner.base_of_result() or self.base
        return step

    def append(self, kind: str, **fields: Any) -> None:
        """Add a line to the record; only the first process has one."""
        if self.record:
            self.record.append(kind, **fields)

    def log(self, level: Literal["info", "warning", "error"], code: str, text: str) -> None:
        """Say something to the person who watches."""
        if self.record:
            self.record.log(level, code, text)


def _open_base(options: TuningOptions, device: torch.device, precision: Precision) -> Base:
    """The base on a device, in the precision that its products are of unless it is trained."""
    holds_bf16 = precision == "bf16" and options.method == "lora"
    dtype = torch.bfloat16 if holds_bf16 else torch.float32
    if options.quantize == "none":
        return load_base(Path(options.base), device=device, dtype=dtype)
    quantizer = load_quantizer(device)
    base = load_base(Path(options.base), dtype=dtype)
    quantize_base(base, quantizer, device)
    return base
