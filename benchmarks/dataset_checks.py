"""How fast a dataset is checked, and in how much memory.

    python -m benchmarks.dataset_checks            # or: make bench-checks

Files of 100 MB in every form, made by code with a seed, checked by the demo model's tokenizer in
a process of their own each, canonical rows and all. Memory is the peak of the whole process, as
the kernel counts it (`ru_maxrss`), Python, libraries and tokenizer included.

Ends with one line `RESULT {json}`.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.processes import machine
from playground.checkpoints.tokenizer_files import files_of, read_tokenizer
from playground.datasets.checks import Examination, examine

DEMO = Path("models/demo")
FORMS = ("text", "jsonl", "csv", "json")
WORDS = Path("examples/datasets/support-topics.txt")
LABELS = ("sizing", "stock", "parcel", "billing", "fault", "login", "cancel", "praise")
MAX_MEMORY_MIB = 150


def make_file(path: Path, form: str, size: int) -> None:
    """A file of nearly ``size`` bytes, all of them ASCII."""
    write = {"text": _text, "jsonl": _json, "csv": _csv, "json": _element}[form]
    begin = {"csv": "prompt,completion\n", "json": "[\n"}.get(form, "")
    between, end = (",\n", "\n]\n") if form == "json" else ("", "")
    with path.open("w", encoding="ascii", newline="") as file:
        made = file.write(begin)
        for number, row in enumerate(_rows()):
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

    def count(texts: list[str]) -> list[int]:
        return [
            len(found) for found in tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        ]

    return count


def check_here(path: Path) -> None:
    """Check one file in this process and print what it took."""
    encode = token_counter(DEMO)
    start = time.perf_counter()
    found: Examination = examine(
        path, encode=encode, context=2048, name=path.name, rows_path=path.with_suffix(".rows")
    )
    seconds = time.perf_counter() - start
    print(
        json.dumps(
            {
                "seconds": round(seconds, 2),
                "mb_per_s": round(path.stat().st_size / 1e6 / seconds, 2),
                "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
                "rows": found.rows,
                "tokens": found.tokens,
                "left_out": found.left_out,
                "codes": [finding.code for finding in found.findings],
            }
        )
    )


def measure(path: Path) -> dict[str, object]:
    """`check_here` in a fresh process."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.dataset_checks", "--file", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    figures: dict[str, object] = json.loads(ran.stdout)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--file", type=Path, help="check this file in this process")
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--forms", nargs="*", default=FORMS, choices=FORMS)
    options = parser.parse_args()
    if options.file:
        check_here(options.file)
        return
    results: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        for form in options.forms:
            path = Path(folder) / f"data.{form}"
            make_file(path, form, int(options.megabytes * 1e6))
            results[form] = figures = measure(path)
            print(f"{form}: {figures}", flush=True)
            path.unlink()
            path.with_suffix(".rows").unlink()
    is_within = all(
        isinstance(found, dict) and found["peak_mib"] <= MAX_MEMORY_MIB
        for found in results.values()
    )
    print(
        "RESULT "
        + json.dumps(
            {
                "benchmark": "dataset_checks",
                "machine": machine(),
                "megabytes": options.megabytes,
                "forms": results,
                "memory_limit_mib": MAX_MEMORY_MIB,
                "ok": is_within,
            }
        )
    )
    sys.exit(0 if is_within else 1)


if __name__ == "__main__":
    main()
