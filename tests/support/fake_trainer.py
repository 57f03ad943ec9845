"""Stands in for the trainer where a test needs faults at known places: a real process that keeps
the contract of a job's folder, but learns nothing. FAKE_TRAINER, JSON, says how it behaves."""

import json
import os
import signal
import struct
import sys
import time
from pathlib import Path
from typing import Any

DEFAULTS = {
    "steps": 20,
    "every": 5,
    "pause": 0.0,
    # The step at which the first life kills itself, and the status with which it ends there.
    "die_at": 0,
    "die_always": False,
    "status": -9,
    # The step at which it waits until the file `go` is in its folder.
    "wait_at": 0,
    "end": "succeeded",
    # "whole", "empty" or "none".
    "adapter": "whole",
    "result": {},
    "evaluation": {},
    "children": 0,
}


class Record:
    """record.jsonl, and where it was at the last checkpoint."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "record.jsonl"
        self.place = folder / "checkpoint.json"
        self.n, self.step = 0, 0
        if self.place.is_file():
            kept = json.loads(self.place.read_text())
            self.n, self.step = kept["n"], kept["step"]
            os.truncate(self.path, kept["offset"])
        else:
            self.path.unlink(missing_ok=True)

    def write(self, kind: str, **values: Any) -> None:
        self.n += 1
        with self.path.open("a") as file:
            file.write(json.dumps({"n": self.n, "kind": kind, **values}) + "\n")

    def save(self, step: int) -> None:
        self.write("checkpoint", step=step)
        making = self.place.with_name("checkpoint.making")
        making.write_text(
            json.dumps({"n": self.n, "step": step, "offset": self.path.stat().st_size})
        )
        making.replace(self.place)


def main() -> None:
    folder = Path(sys.argv[-1])
    how = {**DEFAULTS, **json.loads(os.environ.get("FAKE_TRAINER", "{}"))}
    lives = folder / "lives"
    with lives.open("a") as file:
        file.write(f"{os.getpid()}\n")
    life = len(lives.read_text().split())
    job = json.loads((folder / "job.json").read_text())
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    for _ in range(how["children"]):
        if os.fork() == 0:
            while True:
                (folder / "orphan").write_text(str(time.time()))
                time.sleep(0.02)
    record = Record(folder)
    if not record.n:
        record.write("plan", rows=10, sequences=10, steps=how["steps"], tokens=1000, micro_batch=4)
    for step in range(record.step + 1, how["steps"] + 1):
        time.sleep(how["pause"])
        if step == how["wait_at"]:
            while not (folder / "go").exists() and not asked:
                time.sleep(0.01)
        if step == how["die_at"] and (life == 1 or how["die_always"]):
            if how["status"] == 74:
                record.write("log", level="error", code="disk_full", text="The disk is full.")
            if how["status"] >= 0:
                os._exit(how["status"])
            os.kill(os.getpid(), -how["status"])
        record.write(
            "step",
            step=step,
            epoch=step / how["steps"],
            loss=2 / step,
            rate=1e-3,
            tokens_per_s=100.0 + life,
            tokens=step * 50,
            seconds=step * 0.1,
            left_seconds=(how["steps"] - step) * 0.1,
        )
        if step % how["every"] == 0:
            record.write("evaluation", step=step, loss=2.5 / step, perplexity=3.0, best=True)
            for prompt in job["samples"]:
                record.write("sample", step=step, prompt=prompt, text=f"made at {step}", ended=True)
            record.save(step)
        control = json.loads((folder / "control.json").read_text())
        if control.get("stop"):
            end(folder, record, how, "stopped")
        if asked:
            record.save(step)
            sys.exit(75)
    end(folder, record, how, how["end"])


def end(folder: Path, record: Record, how: dict[str, Any], status: str) -> None:
    if json.loads((folder / "job.json").read_text())["method"] == "full":
        if how["adapter"] == "whole":
            write_model(folder / "result" / "model")
    elif how["adapter"] != "none":
        (folder / "result" / "adapter").mkdir(parents=True, exist_ok=True)
        if how["adapter"] == "whole":
            write_adapter(folder / "result" / "adapter")
    if how["evaluation"]:
        (folder / "result").mkdir(exist_ok=True)
        (folder / "result" / "evaluation.json").write_text(json.dumps(how["evaluation"]))
    record.write("result", **how["result"])
    failed = status == "failed"
    record.write(
        "end",
        status=status,
        reason="The loss is not finite." if failed else "",
        code="diverged" if failed else "",
    )
    sys.exit(0)


def write_model(folder: Path) -> None:
    """The names of a checkpoint of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")


def write_adapter(folder: Path) -> None:
    """An adapter in PEFT's format, of one module with two weights."""
    names = (
        "base_model.model.transformer.h.0.attn.q_proj.lora_A.weight",
        "base_model.model.transformer.h.0.attn.q_proj.lora_B.weight",
    )
    header: dict[str, Any] = {}
    for at, name in enumerate(names):
        header[name] = {"dtype": "F32", "shape": [1, 1], "data_offsets": [4 * at, 4 * at + 4]}
    text = json.dumps(header).encode()
    weights = struct.pack("<Q", len(text)) + text + struct.pack("<2f", 1.0, 0.5)
    (folder / "adapter_model.safetensors").write_bytes(weights)
    (folder / "adapter_config.json").write_text(
        json.dumps({"peft_type": "LORA", "r": 1, "lora_alpha": 2, "target_modules": ["q_proj"]})
    )


if __name__ == "__main__":
    main()
