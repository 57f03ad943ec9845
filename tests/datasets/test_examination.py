"""Limits, figures and progress of an examination."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.dataset_checks import make_file
from playground.datasets.checks import examination as module
from playground.datasets.checks import examine
from playground.datasets.checks.canonical import CanonicalWriter, read_rows
from playground.datasets.fixes import apply_fix
from playground.datasets.reading.rows import MAX_ROW_BYTES
from tests.datasets.corpus import SEPARATOR, json_lines, label_rows, objects
from tests.datasets.counting import words

MAX_MEMORY_MIB = 150


def write(folder: Path, data: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(data)
    return path


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path, json_lines(objects()))

    found = examine(path, encode=words, context=64, name="a", max_bytes=1_000)

    (finding,) = found.findings
    assert (finding.code, found.rows_in, found.is_refused) == ("file_too_large", 0, True)
    assert "The file has 10 kB; the limit is 1 kB" in finding.sentence


def test_rows_over_the_limit_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 1_000)
    path = write(tmp_path, json_lines(objects(5_000)))

    found = examine(path, encode=words, context=64, name="a")

    assert "too_many_rows" in {finding.code for finding in found.findings}
    assert 1_000 < found.rows < 1_300
    assert found.is_refused


def test_a_giant_value_in_a_list_is_named_and_ends_the_reading(tmp_path: Path) -> None:
    begin = json.dumps(objects(3))[:-1].encode()
    giant = b', {"prompt": "a", "completion": "' + b"x" * (4 * MAX_ROW_BYTES) + b'"}]'
    path = write(tmp_path, begin + giant)

    found = examine(path, encode=words, context=64, name="a.json")

    (finding,) = (f for f in found.findings if f.code == "json_giant_value")
    assert (finding.line, finding.byte) == (1, len(begin) + 2)
    assert (found.rows, found.left_out) == (3, 1)


def test_a_row_with_its_separator_may_fill_the_model_and_no_more(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        json_lines([{"prompt": "one two ->", "completion": f"{' x' * n}"} for n in (4, 5)]),
    )

    found = examine(path, encode=words, context=8, name="a")

    (finding,) = (f for f in found.findings if f.code == "prompt_too_long")
    assert (found.rows, found.tokens, finding.line) == (1, 8, 2)
    assert "At most 8 tokens fit, separator included; the longest has 9" in finding.sentence


@pytest.mark.parametrize("good", [0, 50])
def test_prompts_that_fill_the_model_are_refused_and_cut_at_their_head(
    good: int, tmp_path: Path
) -> None:
    rows = [
        {"prompt": f"{'head ' * 2_100}q{n} end ->", "completion": f" a b c d e{n}"}
        for n in range(60)
    ]
    path, fixed = write(tmp_path, json_lines([*objects(good), *rows])), tmp_path / "fixed"

    found = examine(path, encode=words, context=2_048, name="a")
    result = apply_fix(path, fixed, "cut_prompt_heads", encode=words, context=2_048)
    after = examine(fixed, encode=words, context=2_048, name="a", rows_path=tmp_path / "rows")

    (finding,) = (f for f in found.findings if f.code == "prompt_too_long")
    assert (found.rows, finding.left_out, found.is_refused) == (good, 60, True)
    assert finding.examples[0].text.startswith("2,109 tokens")
    assert ("nothing_to_learn" in {f.code for f in found.findings}) == (good == 0)
    assert (after.rows, after.is_refused, result.changed) == (good + 60, False, 60)
    cut = list(read_rows(tmp_path / "rows"))[good:]
    assert all(row.prompt.endswith(f"q{n} end ->") for n, row in enumerate(cut))
    assert all(row.completion == f" a b c d e{n}" for n, row in enumerate(cut))
    assert {words([row.prompt])[0] + words([row.completion])[0] for row in cut} == {2_047}


def test_figures_describe_labels_and_lengths(tmp_path: Path) -> None:
    path = write(tmp_path, label_rows([" yes", " no", " no"] * 40))

    figures = examine(path, encode=words, context=64, name="a").figures

    assert figures["task"] == "classification"
    assert figures["classes"] == [
        {"label": " no", "rows": 80, "tokens": 1},
        {"label": " yes", "rows": 40, "tokens": 1},
    ]
    assert figures["histogram"] == [{"from": 9, "to": 9, "rows": 120}]
    assert (figures["prompt_suffix"], figures["separator"]) == (" ->", SEPARATOR)
    assert figures["duration"]["minutes"] >= 1


def test_progress_grows_to_the_size(tmp_path: Path) -> None:
    path = write(tmp_path, json_lines(objects(30_000)))
    seen: list[tuple[int, int]] = []

    examine(path, encode=words, context=64, name="a", progress=lambda *p: seen.append(p))

    size = path.stat().st_size
    assert [total for _, total in seen] == [size] * (size // 2**20)
    assert seen == sorted(seen)


def test_nothing_is_left_of_a_canonical_file_that_was_not_finished(tmp_path: Path) -> None:
    path = write(tmp_path, json_lines(objects()))

    def failing(texts: list[str]) -> list[int]:
        raise RuntimeError("The tokenizer is gone.")

    with pytest.raises(RuntimeError):
        examine(path, encode=failing, context=64, name="a", rows_path=tmp_path / "rows")

    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_canonical_file_is_there_only_when_it_is_whole(tmp_path: Path) -> None:
    with CanonicalWriter(tmp_path / "rows") as writer:
        writer.write(line=1, prompt="a", completion=" b")
        assert not (tmp_path / "rows").exists()

    assert [file.name for file in tmp_path.iterdir()] == ["rows"]


def check_alone(file: Path, size: int) -> dict[str, float]:
    """The figures of a file of this size."""
    make_file(file, "text", size)
    command = [sys.executable, "-m", "benchmarks.dataset_checks", "--file", str(file)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def test_a_large_file_is_checked_in_little_memory(tmp_path: Path) -> None:
    """By the real tokenizer, in a process of its own. `make bench-checks` does it with 100 MB."""
    small = check_alone(tmp_path / "small.txt", 4_000_000)
    large = check_alone(tmp_path / "large.txt", 10_000_000)

    assert large["left_out"] == 0
    assert large["rows"] > 40_000
    assert large["peak_mib"] <= MAX_MEMORY_MIB
    # What is kept of a row is much less than the row: the files differ by 5.7 MiB.
    assert large["peak_mib"] - small["peak_mib"] < 4
