"""The export of a job's folder: a checkpoint that passed, or none."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workers.training.files import sync
from workers.training.tuning.base import load_tokenizer
from workers.training.tuning.checkpoints import write_synced
from workers.training.tuning.errors import DatasetUnusable
from workers.training.tuning.evaluation.rows import read_rows
from workers.training.tuning.export.merge import Dtype, read_adapter, write_merged
from workers.training.tuning.export.parity import BARS, NotEqualEnough, Parity, compare
from workers.training.tuning.export.stored import StoredWeights
from workers.training.tuning.options import read_options

# Positions that are compared, of rows of at most so many tokens.
POSITIONS, LONGEST = 4096, 512


def export_job(folder: Path, dtype: Dtype) -> Path:
    """Make ``result/merged-<dtype>`` of a finished job, or find it there.

    It is whole and on the disk, or not there. Raises NotEqualEnough where the weights do not pass
    and leaves their figures in ``result/parity-<dtype>.json``; raises OSError of a full disk.
    """
    result = folder / "result"
    target, beside = result / f"merged-{dtype}", result / f"merged-{dtype}.new"
    if target.exists():
        return target
    options = read_options(folder / "job.json")
    if options.method == "full":
        source, adapter = StoredWeights(result / "model"), {}
    else:
        source, adapter = StoredWeights(Path(options.base)), read_adapter(result / "adapter")
    texts = _texts(folder, source)
    if beside.exists():
        shutil.rmtree(beside)
    try:
        write_merged(source, adapter, beside, dtype)
        parity: Parity = compare(source, adapter, StoredWeights(beside), texts)
        _check(parity, dtype, report=result / f"parity-{dtype}.json")
        _write_figures(parity, dtype, beside / "parity.json")
        if (result / "card.md").exists():
            shutil.copyfile(result / "card.md", beside / "README.md")
        for path in beside.iterdir():
            sync(path)
        sync(beside)
        beside.replace(target)
        sync(result)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return target


def _check(parity: Parity, dtype: Dtype, *, report: Path) -> None:
    """Raise NotEqualEnough where the weights may not be given out."""
    if parity.meets(BARS[dtype]):
        return
    _write_figures(parity, dtype, report)
    advice = "Use the adapter." if dtype == "float32" else "Export in float32, or use the adapter."
    raise NotEqualEnough(
        f"The merged weights in {dtype} are too far from the adapter: logits differ by up to "
        f"{parity.largest:.2g}, and {parity.argmax_equal:.2%} of the likeliest tokens are the "
        f"same. {advice}"
    )


def _write_figures(parity: Parity, dtype: Dtype, path: Path) -> None:
    """What was measured and what was asked for; a bar that is not there is null."""
    facts: Mapping[str, Any] = {"dtype": dtype, **asdict(parity), "bar": asdict(BARS[dtype])}
    text = json.dumps(facts, indent=2).replace("Infinity", "null").replace("NaN", "null")
    write_synced(path, text)


def _texts(folder: Path, source: StoredWeights) -> list[list[int]]:
    """Rows in tokens, held-out ones first."""
    tokenizer = load_tokenizer(source.folder)
    end = source.config["eos_token_id"]
    texts: list[list[int]] = []
    for name in ("held_out.jsonl", "train.jsonl"):
        if not (folder / name).exists():
            continue
        for row in read_rows(folder / name):
            ids = tokenizer.encode(row.prompt + row.completion, add_special_tokens=False).ids
            texts.append([*ids, end][-min(LONGEST, source.shape.n_positions) :])
            if sum(map(len, texts)) >= POSITIONS:
                return texts
    if not texts:
        raise DatasetUnusable(f"{folder} has no rows to compare the weights on.")
    return texts
