"""Loading a full-size GPT-J: peak memory over weights, seconds to ready, seconds a token.

Only the peak has a target: the times depend on the disk and on other work of the machine.

    python benchmarks/load_6b.py                 # writes random weights (12.1 GB) to a temp folder
    python benchmarks/load_6b.py --folder DIR    # an existing checkpoint

The measured process is a fresh one that only loads and streams; its peak is the kernel's VmHWM.
Ends with one line `RESULT {json}`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.processes import memory_bytes  # noqa: E402

PEAK_TARGET = 1.1


def measure(folder: Path, dtype: Any, threads: int, tokens: int) -> dict[str, float]:
    """Loads, streams one request, and says what that took. To be run in a new process."""
    started = time.perf_counter()
    import torch

    from workers.engine.backends.choose import choose_backend
    from workers.engine.checkpoint.spec import CheckpointSpec, ModelConfig
    from workers.engine.engine import Engine
    from workers.engine.model.weights import weight_bytes
    from workers.engine.request import Request, SamplingParams, TokenOutput

    torch.set_num_threads(threads)
    imported, imported_peak = time.perf_counter(), memory_bytes("VmHWM")
    spec = CheckpointSpec(folder, dtype=dtype)
    engine = Engine.load(spec, cache_bytes=2**30)
    ready, resident = time.perf_counter(), memory_bytes("VmRSS")
    # The embedding stays as it is stored: here, and in GPT-J's own checkpoint, in 16 bits.
    backend = choose_backend(spec, torch.bfloat16)
    prompt = tuple(range(32, 64))
    engine.submit(Request("a", prompt, SamplingParams(max_tokens=tokens + 1, temperature=0)))
    seen: list[float] = []
    while engine.has_work:
        seen.extend(time.perf_counter() for o in engine.step() if isinstance(o, TokenOutput))
    return {
        "weights": weight_bytes(ModelConfig.load(folder), backend.precision),
        "imported_peak": imported_peak,
        "resident": resident,
        "peak": memory_bytes("VmHWM"),
        "import_seconds": imported - started,
        "ready_seconds": ready - started,
        "first_token_seconds": seen[0] - ready,
        "token_seconds": (seen[-1] - seen[0]) / max(1, len(seen) - 1),
        "tokens": len(seen),
    }


def machine(threads: int) -> str:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    name = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    model = name.group(1) if name else platform.machine()
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, {threads} threads used, load {load:.1f} before"


def report(found: dict[str, float], description: str) -> None:
    gigabytes = {key: found[key] / 1e9 for key in ("weights", "imported_peak", "resident", "peak")}
    ratio = found["peak"] / found["weights"]
    rows = [
        ("weights", f"{gigabytes['weights']:.2f} GB", ""),
        ("peak after imports alone", f"{gigabytes['imported_peak']:.2f} GB", ""),
        ("resident when ready", f"{gigabytes['resident']:.2f} GB", ""),
        ("peak (VmHWM)", f"{gigabytes['peak']:.2f} GB", ""),
        ("peak / weights", f"{ratio:.3f}", f"<= {PEAK_TARGET}"),
        ("imports", f"{found['import_seconds']:.1f} s", ""),
        ("ready, imports included", f"{found['ready_seconds']:.1f} s", ""),
        ("first token (32-token prompt)", f"{found['first_token_seconds']:.2f} s", ""),
        (
            f"a token (mean of {found['tokens'] - 1:.0f})",
            f"{found['token_seconds']:.3f} s",
            "",
        ),
        (
            "weights read per second",
            f"{gigabytes['weights'] / found['token_seconds']:.1f} GB/s",
            "",
        ),
    ]
    print("| measure | value | target |\n| --- | --- | --- |")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    targets = [
        {
            "name": "peak memory over weights",
            "value": round(ratio, 3),
            "target": PEAK_TARGET,
            "unit": "ratio",
            "holds": ratio <= PEAK_TARGET,
        }
    ]
    print("RESULT " + json.dumps({"targets": targets, "machine": description}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="checkpoint to load; else one is made")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--tokens", type=int, default=8)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        found = measure(options.folder, options.dtype, options.threads, options.tokens)
        print(json.dumps(found))
        return
    description = machine(options.threads)
    with tempfile.TemporaryDirectory(prefix="gptj-6b-") as temporary:
        folder = options.folder
        if folder is None:
            folder = Path(temporary)
            maker = [sys.executable, str(ROOT / "tools/random_checkpoint.py"), "--out", temporary]
            subprocess.run(maker, check=True)
        command = [sys.executable, __file__, "--measure", "--folder", str(folder)]
        command += ["--dtype", options.dtype, "--threads", str(options.threads)]
        command += ["--tokens", str(options.tokens)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    report(json.loads(done.stdout), description)


if __name__ == "__main__":
    main()
