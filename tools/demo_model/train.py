"""Train the demo model: ``python -m tools.demo_model.train --help``.

Everything is a function of the seed and the step, so a run that was stopped goes
on as if nothing had happened. Checkpoints stay outside the work tree.
"""

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

from tools.demo_model.batches import Batch, batches
from tools.demo_model.corpus import training_document
from tools.demo_model.export import export
from tools.demo_model.network import GPTJ, Shape
from tools.demo_model.tokens import load_tokenizer, train_tokenizer

WORK = Path("~/.cache/gptj-playground/demo-model").expanduser()
TOKENIZER_DOCUMENTS = 40_000


def rate(step: int, *, steps: int, warm_up: int = 100, decay: float = 0.35) -> float:
    """Share of the full learning rate: up, level, and down to nothing at the end."""
    if step < warm_up:
        return (step + 1) / warm_up
    return min(1.0, max(0.0, (steps - step) / (steps * decay)))


def loss_of(network: GPTJ, batch: Batch) -> torch.Tensor:
    """Summed cross-entropy over the places of a batch."""
    device = network.lm_head.weight.device
    with torch.autocast(device.type, dtype=torch.bfloat16):
        hidden = network.hidden(batch.ids.to(device)).flatten(0, 1)
        logits = network.lm_head(hidden[batch.places.to(device)])
    return functional.cross_entropy(logits.float(), batch.targets.to(device), reduction="sum")


def gradients(network: GPTJ, batch: Batch) -> tuple[float, tuple[torch.Tensor, ...]]:
    """Summed loss of a batch and its gradient for each parameter."""
    loss = loss_of(network, batch)
    return loss.item(), torch.autograd.grad(loss, list(network.parameters()))


def optimizers(network: GPTJ, *, matrices: float, rest: float) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for embedding, head, biases and norms."""
    inner: list[nn.Parameter] = []
    outer: list[nn.Parameter] = []
    for name, parameter in network.named_parameters():
        within = name.startswith("transformer.h.") and parameter.dim() == 2
        (inner if within else outer).append(parameter)
    made: list[torch.optim.Optimizer] = [
        torch.optim.Muon(inner, lr=matrices, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(outer, lr=rest, betas=(0.9, 0.95), weight_decay=0.0),
    ]
    for optimizer in made:
        for group in optimizer.param_groups:
            group["full"] = group["lr"]
    return made


def prepare_tokenizer(work: Path, *, seed: int, vocab_size: int) -> Tokenizer:
    """The work folder's tokenizer, trained at the first call."""
    path = work / "tokenizer.json"
    if not path.exists():
        texts = (training_document(seed, -1 - index).text for index in range(TOKENIZER_DOCUMENTS))
        train_tokenizer(texts, vocab_size=vocab_size).save(str(path))
    return load_tokenizer(path)


def main() -> None:
    """Train, or go on training, until ``--steps``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=WORK, help="checkpoints and the log")
    parser.add_argument("--out", type=Path, help="folder to export the model to, now and then")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--documents", type=int, default=48, help="documents a step")
    parser.add_argument("--parts", type=int, default=6, help="batches a step")
    parser.add_argument("--save-every", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rate", type=float, default=3e-3)
    options = parser.parse_args()
    # Workers of one thread each, not one with several: none waits for another's slow core.
    torch.set_num_threads(1)
    workers = ThreadPoolExecutor(options.threads, initializer=torch.set_num_threads, initargs=(1,))
    options.work.mkdir(parents=True, exist_ok=True)
    shape = Shape()
    tokenizer = prepare_tokenizer(options.work, seed=options.seed, vocab_size=shape.vocab_size)
    torch.manual_seed(options.seed)
    network = GPTJ(shape).to(options.device)
    opts = optimizers(network, matrices=options.rate, rest=options.rate)
    saved = options.work / "checkpoint.pt"
    step, tokens = 0, 0
    if saved.exists():
        state = torch.load(saved, map_location=options.device, weights_only=True)
        network.load_state_dict(state["network"])
        for optimizer, content in zip(opts, state["optimizers"], strict=True):
            optimizer.load_state_dict(content)
        step, tokens = state["step"], state["tokens"]
    (options.work / "shape.json").write_text(json.dumps(asdict(shape)), encoding="utf-8")
    log = (options.work / "log.jsonl").open("a", encoding="utf-8")
    started, seen, summed, counted = time.monotonic(), 0, 0.0, 0
    while step < options.steps:
        parts = batches(
            seed=options.seed, step=step, documents=options.documents, parts=options.parts,
            tokenizer=tokenizer,
        )  # fmt: skip
        places = sum(len(part.targets) for part in parts)
        for parameter in network.parameters():
            parameter.grad = torch.zeros_like(parameter)
        # In the order of the batches, whoever is ready first: sums must not depend on time.
        for part, (loss, grads) in zip(
            parts, workers.map(partial(gradients, network), parts), strict=True
        ):
            for parameter, grad in zip(network.parameters(), grads, strict=True):
                parameter.grad.add_(grad, alpha=1 / places)
            summed += loss
            counted += len(part.targets)
            seen += part.tokens
            tokens += part.tokens
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimizer in opts:
            for group in optimizer.param_groups:
                group["lr"] = group["full"] * rate(step, steps=options.steps)
            optimizer.step()
        step += 1
        if step % 20 == 0:
            spent = time.monotonic() - started
            line = {
                "step": step, "tokens": tokens, "loss": round(summed / counted, 4),
                "tokens_per_s": round(seen / spent),
            }  # fmt: skip
            log.write(json.dumps(line) + "\n")
            log.flush()
            print(line, flush=True)
            started, seen, summed, counted = time.monotonic(), 0, 0.0, 0
        if step % options.save_every == 0 or step == options.steps:
            state = {
                "network": network.state_dict(),
                "optimizers": [optimizer.state_dict() for optimizer in opts],
                "step": step,
                "tokens": tokens,
            }
            torch.save(state, saved.with_suffix(".new"))
            saved.with_suffix(".new").replace(saved)
            if options.out:
                export(options.out, state=network.state_dict(), shape=shape, tokenizer=tokenizer)


if __name__ == "__main__":
    main()
