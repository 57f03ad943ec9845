"""A merged model whose exporter and worker are killed is made all the same, and what is downloaded
writes what the adapter writes."""

import io
import json
import os
import signal
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, GPTJForCausalLM

from tests.faults.finetuning import (
    child_of,
    delete_finetune,
    end_tuner,
    id_of_finetune,
    paste_dataset,
    start_finetune,
    start_tuner,
    wait_for_end,
    wait_until_dead,
)
from tests.support.part import RunningPart, wait_until
from tests.support.stack import Stack
from tests.support.visitor import Visitor
from workers.engine.adapters.adapter import read_adapter
from workers.engine.checkpoint.spec import CheckpointSpec
from workers.engine.engine import Engine
from workers.engine.request import Finish, Request, SamplingParams

PATIENCE = 60.0
PROMPTS = ("Message 1:", "Message 2:", "Message 1001:")
NEW_TOKENS = 12


@pytest.fixture
def tuner(stack: Stack) -> Iterator[RunningPart]:
    yield start_tuner(stack)
    end_tuner(stack)


def export_row(stack: Stack) -> dict[str, Any]:
    (found,) = stack.query("SELECT * FROM finetunes_finetuneexport")
    return found


def train(stack: Stack, visitor: Visitor) -> str:
    """A short training to its end; the fine-tune's id."""
    start_finetune(visitor, paste_dataset(stack, visitor, "Moods to merge"), epochs=12, batch=8)
    final = wait_for_end(stack)
    assert final["status"] == "succeeded", final["error_message"]
    return id_of_finetune(stack)


def end_of_text(checkpoint: Path) -> int:
    return int(json.loads((checkpoint / "config.json").read_text())["eos_token_id"])


def engine_texts(checkpoint: Path, adapter: Path | None = None) -> dict[str, list[int]]:
    """The greedy tokens after each prompt."""
    spec = CheckpointSpec(checkpoint)
    engine = Engine.load(spec, cache_bytes=2**22)
    if adapter is not None:
        engine.load_adapter("tuned", read_adapter("tuned", adapter, engine.config))
    tokenizer, end = AutoTokenizer.from_pretrained(checkpoint), end_of_text(checkpoint)
    params = SamplingParams(max_tokens=NEW_TOKENS, temperature=0)
    for prompt in PROMPTS:
        ids = tuple(tokenizer.encode(prompt))
        engine.submit(Request(prompt, ids, params, adapter="tuned" if adapter else None))
    texts: dict[str, list[int]] = {prompt: [] for prompt in PROMPTS}
    while engine.has_work:
        for output in engine.step():
            if not isinstance(output, Finish) and output.token_id != end:
                texts[output.request_id].append(output.token_id)
    return texts


def transformers_texts(checkpoint: Path) -> dict[str, list[int]]:
    model = GPTJForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    texts, end = {}, end_of_text(checkpoint)
    for prompt in PROMPTS:
        ids = torch.tensor([tokenizer.encode(prompt)])
        made = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=NEW_TOKENS,
            do_sample=False,
            pad_token_id=end,
        )
        written = made[0, ids.shape[1] :].tolist()
        texts[prompt] = [token for token in written if token != end]
    return texts


def test_it_is_made_by_the_next_attempt_and_writes_what_the_adapter_writes(
    stack: Stack, visitor: Visitor, tuner: RunningPart, tmp_path: Path
) -> None:
    finetune = train(stack, visitor)
    asked = visitor.post(f"/finetunes/{finetune}/exports/", {"dtype": "float32"})
    assert asked.status == 303, asked.text

    # The exporter is killed, and then the worker, whose exporter ends with it.
    os.kill(child_of(tuner.pid), signal.SIGKILL)
    wait_until(lambda: export_row(stack)["attempt"] == 2, what="another attempt", timeout=PATIENCE)
    exporter = child_of(tuner.pid)
    stack.kill("tuner")
    wait_until_dead(exporter)
    start_tuner(stack)
    wait_until(lambda: export_row(stack)["finished_at"], what="its end", timeout=PATIENCE)

    row = export_row(stack)
    assert (row["status"], row["attempt"]) == ("ready", 3), row["error_message"]
    job = stack.var_dir / "finetunes" / finetune
    folder = job / "exports" / str(uuid.UUID(row["id"]))
    assert [path.name for path in (folder / "result").glob("merged*")] == ["merged-float32"]
    answer = visitor.get(f"/finetunes/{finetune}/exports/float32.zip")
    merged = tmp_path / "merged"
    zipfile.ZipFile(io.BytesIO(answer.body)).extractall(merged)
    assert sum(path.stat().st_size for path in merged.iterdir()) == row["size"]
    (adapter,) = stack.query(
        "SELECT a.folder FROM checkpoints_adapter a "
        "JOIN finetunes_finetune f ON f.adapter_id = a.id"
    )
    expected = engine_texts(stack.checkpoint, stack.var_dir / "adapters" / adapter["folder"])
    assert expected != engine_texts(stack.checkpoint)
    assert engine_texts(merged) == expected
    assert transformers_texts(merged) == expected

    delete_finetune(stack, visitor)
    assert not job.exists()
    assert stack.query("SELECT id FROM finetunes_finetuneexport") == []
