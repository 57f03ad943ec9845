"""How fast a dataset is checked, and in how much memory.

    python -m benchmarks.dataset_checks            # or: make bench-checks

Files of 100 MB in every form, made by code with a seed, checked by the demo model's tokenizer in
a process of their own each, canonical rows and all. Memory is the peak of the whole process, as
the kernel counts it (VmHWM), Python, libraries and tokenizer included.

Ends with one line `RESULT {json}`.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

from benchmarks.engine_report import Report, Target, load_before
from benchmarks.processes import machine, memory_bytes
from playground.checkpoints.tokenizer_files import files_of, read_tokenizer
from playground.datasets.checks import Examination, examine
from playground.datasets.checks.examination import MAX_ROWS

DEMO = Path("models/demo")
# The last: as many rows as a dataset may have, so small that the file is far below its limit.
FORMS = ("text", "jsonl", "csv", "json", "short rows")
COLUMNS = ("mb_per_s", "seconds", "cpu_seconds", "peak_mib", "rows", "tokens")
WORDS = Path("examples/datasets/support-topics.txt")
LABELS = ("sizing", "stock", "parcel", "billing", "fault", "login", "cancel", "praise")
MAX_MEMORY_MIB = 150


def make_file(path: Path, form: str, size: int) -> None:
    """A file of nearly ``size`` bytes, all of them ASCII."""
    write = {"text": _text, "jsonl": _json, "csv": _csv, "json": _element, "short rows": _text}[
        form
    ]
    begin = {"csv": "prompt,completion\n", "json": "[\n"}.get(form, "")
    between, end = (",\n", "\n]\n") if form == "json" else ("", "")
    with path.open("w", encoding="ascii", newline="") as file:
        made = file.write(begin)
        rows = islice(_short_rows(), MAX_ROWS) if form == "short rows" else _rows()
        for number, row in enumerate(rows):
            text = f"{between if number else ''}{write(*row)}"
            if made + len(text) + len(end) > size:
                break
            made += file.write(text)
        file.write(end)


def _rows() -> Iterator[tuple[str, str]]:
    chance = random.Random(1)
    words = WORDS.read_text(encoding="utf-8").replace("<|endoftext|>", " ").split()
    words = sorted({word for word in words if word.isascii() and not word.endswith(":")})
    while True:
        text = " ".join(chance.choices(words, k=chance.randint(10, 45)))
        yield f"Email: {text} Topic:", f" {chance.choice(LABELS)}"


def _short_rows() -> Iterator[tuple[str, str]]:
    """No two are alike."""
    for number in count():
        yield f"{number:x}>", f" {LABELS[number % len(LABELS)]}"


def _text(prompt: str, completion: str) -> str:
    return f"{prompt}{completion}<|endoftext|>\n"


def _json(prompt: str, completion: str) -> str:
    return f"{_element(prompt, completion)}\n"


def _element(prompt: str, completion: str) -> str:
    return json.dumps({"prompt": prompt, "completion": completion}, ensure_ascii=False)


def _csv(prompt: str, completion: str) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([prompt, completion])
    return line.getvalue()


def token_counter(folder: Path) -> Callable[[list[str]], list[int]]:
    """The counts of a batch, by a checkpoint's tokenizer."""
    tokenizer = read_tokenizer(files_of(folder))

    def lengths(texts: list[str]) -> list[int]:
        return [
            len(found) for found in tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        ]

    return lengths


def check_here(path: Path) -> None:
    """Check one file in this process and print what it took."""
    encode = token_counter(DEMO)
    start = time.perf_counter()
    found: Examination = examine(
        path, encode=encode, context=2048, name=path.name, rows_path=path.with_suffix(".rows")
    )
    seconds = time.perf_counter() - start
    cpu_seconds = time.process_time()
    print(
        json.dumps(
            {
                "seconds": round(seconds, 2),
                "cpu_seconds": round(cpu_seconds, 2),
                "mb_per_s": round(path.stat().st_size / 1e6 / seconds, 2),
                "peak_mib": round(memory_bytes("VmHWM") / 2**20, 1),
                "rows": found.rows,
                "tokens": found.tokens,
                "left_out": found.left_out,
                "codes": [finding.code for finding in found.findings],
            }
        )
    )


def measure(path: Path) -> dict[str, Any]:
    """`check_here` in a fresh process."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.dataset_checks", "--file", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    figures: dict[str, Any] = json.loads(ran.stdout)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--file", type=Path, help="check this file in this process")
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--forms", nargs="*", default=FORMS, choices=FORMS)
    parser.add_argument("--save", action="store_true", help="also write benchmarks/results")
    options = parser.parse_args()
    if options.file:
        check_here(options.file)
        return
    report = Report("dataset-checks", "Datasets checked", f"{machine()}, {load_before()}")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for form in options.forms:
            path = Path(folder) / f"data.{form}"
            make_file(path, form, int(options.megabytes * 1e6))
            found = measure(path)
            rows.append((form, *(str(found[name]) for name in COLUMNS)))
            report.targets.append(
                Target(
                    f"{form}: peak memory", found["peak_mib"], MAX_MEMORY_MIB, "MiB", at_most=True
                )
            )
            path.unlink()
            path.with_suffix(".rows").unlink()
    report.table((f"{options.megabytes:g} MB", *COLUMNS), rows)
    report.finish(save=options.save)
    sys.exit(0 if all(target.holds for target in report.targets) else 1)


if __name__ == "__main__":
    main()
