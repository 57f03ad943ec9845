"""The end of a job: the best weights, checked, on disk, and compared with the base."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from workers.training.files import sync
from workers.training.tuning.adapters import (
    WEIGHTS,
    adapter_tensors,
    check_tensors,
    save_adapter,
    without_adapter,
)
from workers.training.tuning.base import Base, base_parameters, load_base
from workers.training.tuning.checkpoints import save_tensors, write_synced
from workers.training.tuning.errors import AdapterWrong
from workers.training.tuning.evaluation.job import write_results_of_job
from workers.training.tuning.evaluation.report import Evaluation
from workers.training.tuning.guards import check_ends
from workers.training.tuning.inference import generate_greedily
from workers.training.tuning.job import Job
from workers.training.tuning.looking import longest_text

_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt")


def write_result(job: Job) -> None:
    """Write what was learnt to ``result/``. Raises AdapterWrong."""
    result = job.folder / "result"
    result.mkdir(exist_ok=True)
    name = "adapter" if job.options.method == "lora" else "model"
    place, beside = result / name, result / f".new-{name}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    if job.options.method == "lora":
        _write_adapter(job, beside)
    else:
        _write_model(job, beside)
    sync(beside)
    shutil.rmtree(place, ignore_errors=True)
    beside.replace(place)
    sync(result)


def _write_adapter(job: Job, folder: Path) -> None:
    """The adapter, read again and held against the network, tensor by tensor."""
    options, network = job.options, job.base.network
    save_adapter(
        network,
        folder,
        rank=options.rank or 1,
        alpha=options.alpha or 1.0,
        dropout=options.dropout,
        base=job.base.folder.name,
    )
    for path in folder.iterdir():
        sync(path)
    stored = load_file(folder / WEIGHTS)
    check_tensors(stored, network, where=WEIGHTS)
    for tensor_name, tensor in adapter_tensors(network).items():
        if not stored[tensor_name].equal(tensor.detach().cpu()):
            raise AdapterWrong(f"{WEIGHTS}: tensor {tensor_name} is not what was learnt.")


def _write_model(job: Job, folder: Path) -> None:
    """A whole checkpoint in fp32, in which the weights were trained."""
    tensors = dict(base_parameters(job.base.network))
    for name, tensor in tensors.items():
        if not bool(tensor.isfinite().all()):
            raise AdapterWrong(f"Tensor {name} holds numbers that are not finite.")
    save_tensors(tensors, folder / "model.safetensors")
    config = json.loads((job.base.folder / "config.json").read_text(encoding="utf-8"))
    config.pop("torch_dtype", None)
    config["dtype"] = "float32"
    write_synced(folder / "config.json", json.dumps(config, indent=2))
    for name in _TOKENIZER:
        if (job.base.folder / name).is_file():
            shutil.copyfile(job.base.folder / name, folder / name)
            sync(folder / name)


def check_result(job: Job) -> None:
    """Raise NeverEnds unless the tuned model ends its texts by itself."""
    prompts = job.held_out.prompts or job.train.prompts
    most = longest_text(job.train.longest_completion, job.base)
    texts = generate_greedily(job.base, prompts, max_tokens=most)
    if said := check_ends(texts, max_tokens=most):
        job.log("warning", "some_never_end", said)


def evaluate_result(job: Job) -> Evaluation:
    """Compare base and tuned model on the held-out rows; writes into ``result/``."""
    # What is only looked at may depend on the number of threads in its last bits.
    torch.set_num_threads(job.options.threads)
    return write_results_of_job(
        job.folder,
        task=job.options.task,
        options=asdict(job.options) | {"max_length": job.max_length},
        base_name=job.base.folder.name,
        dataset_sha256=job.options.dataset_sha256,
        base=lambda: _base_model(job),
        tuned=lambda: nullcontext(job.base),
        seed=job.options.seed,
    )


@contextmanager
def _base_model(job: Job) -> Iterator[Base]:
    """The base as it was, beside the network with its adapter off, or read again."""
    if job.options.method == "full":
        yield load_base(job.base.folder, device=job.processes.device)
        return
    with without_adapter(job.base.network):
        yield job.base


def figures(job: Job, step: int, evaluation: Evaluation) -> Mapping[str, Any]:
    """What the record says of the result; all of it is in evaluation.json."""
    progress = job.progress
    return {
        "step": step,
        "steps": job.trainer.step,
        "seconds": round(progress.seconds, 1),
        "tokens": job.trainer.tokens,
        "loss": None if progress.best_loss is None else round(progress.best_loss, 5),
        "outcome": evaluation.verdict.outcome,
        "sentence": evaluation.verdict.sentence,
    }
