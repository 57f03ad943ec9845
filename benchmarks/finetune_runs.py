"""One run of `benchmarks.finetune`: a question in JSON on standard input, a `Run` as the answer.

Of the rows, a fifth at the end is held out. Two epochs are trained; the speed is of the second.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

Rows = list[tuple[list[int], list[int]]]
BATCH, RANK, RATE, DROPOUT, EPOCHS = 16, 16, 5e-4, 0.05, 2
MODULES = ("q_proj", "k_proj", "v_proj", "out_proj", "fc_in", "fc_out")
IGNORED = -100


@dataclass(frozen=True)
class Run:
    """cpu_s: of all threads, for 1,000 useful tokens. losses: mean of each epoch. held_out: loss of
    the rows that were not trained on."""

    tokens_per_s: float
    cpu_s: float
    peak_bytes: int
    losses: list[float]
    held_out: float


def run_ours(
    folder: Path, rows: Rows, held_out: Rows, *, seed: int, threads: int, device: str
) -> Run:
    """The product's trainer, without its files."""
    from workers.training.loop import train_steps
    from workers.training.loss import best_precision
    from workers.training.tuning.base import load_base
    from workers.training.tuning.inference import EncodedRow, score_completions
    from workers.training.tuning.learner import Learner
    from workers.training.tuning.memory import peak_bytes
    from workers.training.tuning.options import TuningOptions
    from workers.training.tuning.processes import Single

    def encoded(pairs: Rows) -> list[EncodedRow]:
        return [EncodedRow([*prompt, *completion], len(prompt)) for prompt, completion in pairs]

    precision = best_precision(device)
    base = load_base(
        folder, device=device, dtype=torch.bfloat16 if precision == "bf16" else torch.float32
    )
    options = TuningOptions(
        str(folder),
        rank=RANK,
        rate=RATE,
        dropout=DROPOUT,
        epochs=EPOCHS,
        batch=BATCH,
        micro_batch=BATCH // 2 if device == "cpu" else BATCH,
        threads=threads,
        seed=seed,
        warmup=0,
    ).resolved(base.parameters)
    learner = Learner(
        base,
        options,
        encoded(rows),
        processes=Single(torch.device(device)),
        precision=precision,
    )
    learner.trainer.schedule = learner.schedule(EPOCHS * learner.steps_of_epoch)
    times = [_now()]
    sums, labels = [0.0] * EPOCHS, [0] * EPOCHS
    for number, result in enumerate(train_steps(learner.trainer, learner.batches())):
        epoch = number // learner.steps_of_epoch
        sums[epoch] += result.loss
        labels[epoch] += result.positions
        times.append(_now())
    peak = peak_bytes(torch.device(device))
    scores = score_completions(base, encoded(held_out))
    total = sum(score.log_probability for score in scores)
    return Run(
        **_speed(rows, times),
        peak_bytes=peak,
        losses=[one / other for one, other in zip(sums, labels, strict=True)],
        held_out=-total / sum(score.tokens for score in scores),
    )


def run_trainer(
    folder: Path, rows: Rows, held_out: Rows, *, seed: int, threads: int, device: str
) -> Run:
    """transformers' Trainer with PEFT."""
    import transformers
    from peft import LoraConfig, get_peft_model
    from transformers import GPTJForCausalLM, TrainerCallback, TrainingArguments

    from workers.training.loss import best_precision
    from workers.training.tuning.memory import peak_bytes

    torch.set_num_threads(threads)
    transformers.set_seed(seed)
    model = get_peft_model(
        GPTJForCausalLM.from_pretrained(folder, dtype=torch.float32),
        LoraConfig(
            r=RANK,
            lora_alpha=2 * RANK,
            lora_dropout=DROPOUT,
            target_modules=list(MODULES),
            task_type="CAUSAL_LM",
        ),
    )
    times: list[tuple[float, float]] = []

    class Watch(TrainerCallback):
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            times.append(_now())

        def on_step_end(self, *_: Any, **__: Any) -> None:
            times.append(_now())

    with tempfile.TemporaryDirectory() as work:
        trainer = transformers.Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=work,
                # 8 rows at once are its default; two of them make the same step as ours.
                gradient_accumulation_steps=2,
                num_train_epochs=EPOCHS,
                learning_rate=RATE,
                lr_scheduler_type="cosine",
                logging_steps=1,
                report_to=[],
                save_strategy="no",
                disable_tqdm=True,
                seed=seed,
                use_cpu=device == "cpu",
                bf16=device != "cpu" and best_precision(device) == "bf16",
            ),
            train_dataset=[_labelled(row) for row in rows],
            data_collator=_collate,
            callbacks=[Watch()],
        )
        trainer.train()
        peak = peak_bytes(torch.device(device))
        losses = [line["loss"] for line in trainer.state.log_history if "loss" in line]
    model.eval()
    total, count = 0.0, 0
    with torch.inference_mode():
        for row in held_out:
            batch = _collate([_labelled(row)])
            moved = {name: tensor.to(device) for name, tensor in batch.items()}
            total += model(**moved).loss.item() * len(row[1])
            count += len(row[1])
    half = len(losses) // EPOCHS
    return Run(
        **_speed(rows, times),
        peak_bytes=peak,
        losses=[sum(losses[begin : begin + half]) / half for begin in range(0, len(losses), half)],
        held_out=total / count,
    )


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _speed(rows: Rows, times: list[tuple[float, float]]) -> dict[str, float]:
    """Of the last epoch."""
    steps = len(rows) // BATCH
    tokens = sum(len(prompt) + len(completion) for prompt, completion in rows)
    wall, cpu = (end - begin for end, begin in zip(times[-1], times[-1 - steps], strict=True))
    return {"tokens_per_s": tokens / wall, "cpu_s": 1000 * cpu / tokens}


def _labelled(row: tuple[list[int], list[int]]) -> dict[str, list[int]]:
    prompt, completion = row
    return {
        "input_ids": [*prompt, *completion],
        "labels": [*[IGNORED] * len(prompt), *completion],
    }


def _collate(rows: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
    """Padded to the longest; the padding is masked by length."""
    longest = max(len(row["input_ids"]) for row in rows)

    def padded(name: str, filler: int) -> torch.Tensor:
        return torch.tensor([row[name] + [filler] * (longest - len(row[name])) for row in rows])

    lengths = torch.tensor([len(row["input_ids"]) for row in rows])
    return {
        "input_ids": padded("input_ids", 0),
        "labels": padded("labels", IGNORED),
        "attention_mask": (torch.arange(longest) < lengths[:, None]).long(),
    }


def main() -> None:
    """Answer one question."""
    question = json.load(sys.stdin)
    rows: Rows = [(list(prompt), list(completion)) for prompt, completion in question["rows"]]
    random.Random(0).shuffle(rows)
    cut = len(rows) * 4 // 5 // BATCH * BATCH
    run = run_ours if question["peer"] == "ours" else run_trainer
    found = run(
        Path(question["folder"]),
        rows[:cut],
        rows[cut:],
        seed=question["seed"],
        threads=question["threads"],
        device=question["device"],
    )
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
