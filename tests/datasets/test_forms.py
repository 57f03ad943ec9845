"""One set of rows in every form and encoding is one set of canonical rows."""

import json
from pathlib import Path

import pytest

from playground.datasets.checks import Examination, examine
from playground.datasets.checks.canonical import read_rows
from playground.datasets.fixes import apply_fix
from tests.datasets.corpus import json_lines, objects, pairs, start_of, table, text, texts
from tests.datasets.counting import words

FORMS = {
    "jsonl": json_lines(objects()),
    "json": json.dumps(objects(), indent=2).encode(),
    "csv": table(),
    "tsv": table("\t"),
    "text": text([f"{prompt}{completion}" for prompt, completion in pairs()]),
}


def read(path: Path, *, name: str = "data") -> tuple[Examination, list[tuple[str, str]]]:
    rows = path.with_suffix(".rows")
    examination = examine(path, encode=words, context=2048, name=name, rows_path=rows)
    return examination, [(row.prompt, row.completion) for row in read_rows(rows)]


def codes(examination: Examination) -> set[str]:
    return {finding.code for finding in examination.findings}


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl", "a.json", "noending"])
@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_recognised_by_content_whatever_its_name(
    form: str, name: str, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(FORMS[form])

    examination, rows = read(path, name=name)

    assert examination.form == form
    assert rows == pairs()
    assert not examination.is_refused


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("change", ["mark", "crlf", "both"])
def test_a_mark_and_windows_line_breaks_are_taken_off_silently(
    form: str, change: str, tmp_path: Path
) -> None:
    path, data = tmp_path / "file", FORMS[form]
    if change in ("crlf", "both"):
        data = data.replace(b"\n", b"\r\n")
    path.write_bytes(b"\xef\xbb\xbf" * (change != "crlf") + data)

    examination, rows = read(path)

    assert rows == pairs()
    assert not {code for code in codes(examination) if code.startswith(("encoding", "invalid"))}


def test_messages_become_a_chat_that_the_assistant_goes_on_with(tmp_path: Path) -> None:
    path = tmp_path / "file"
    talk = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Good day"},
        {"role": "user", "content": [{"type": "text", "text": "Is it open?"}]},
        {"role": "assistant", "content": "Yes"},
    ]
    path.write_bytes(json_lines([{"messages": talk}]))

    _, rows = read(path)

    assert rows == [
        ("Be brief.\nUser: Hello\nAssistant: Good day\nUser: Is it open?\nAssistant:", " Yes")
    ]


def test_cells_are_texts_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "file"
    cells = ["1", "0", "yes", "null", "3.10", "007", "NaN", "", "true", "1e5"]
    lines = "".join(f"row {number} ->,{cell}\n" for number, cell in enumerate(cells))
    path.write_text(f"prompt,completion\n{lines}", encoding="utf-8")

    examination, rows = read(path)

    assert [completion for _, completion in rows] == [cell for cell in cells if cell]
    (empty,) = (f for f in examination.findings if f.code == "empty_completion")
    assert (empty.line, empty.count) == (9, 1)


def test_numbers_of_json_keep_their_digits(tmp_path: Path) -> None:
    path = tmp_path / "file"
    numbers = ["3.10", "1e5", "12345678901234567890", "-0.0", "true"]
    path.write_text(
        "".join(f'{{"prompt": "{n} ->", "completion": {n}}}\n' for n in numbers), encoding="utf-8"
    )

    _, rows = read(path)

    assert [completion for _, completion in rows] == numbers


def test_cells_may_have_quotes_delimiters_and_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b'id;prompt;completion\r\n1;"a; ""b""\r\nc ->";" d"\r\n2;e ->; f\r\n')

    examination, rows = read(path)

    assert rows == [('a; "b"\nc ->', " d"), ("e ->", " f")]
    assert examination.form == "csv"
    lines = [row.line for row in read_rows(path.with_suffix(".rows"))]
    assert lines == [2, 4]


def test_texts_in_one_giant_line_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "file"
    rows = [f"{row} é" for row in texts(3_000)]
    path.write_bytes(text(rows, separator="<|endoftext|>"))

    examination, found = read(path)

    assert [f"{prompt}{completion}" for prompt, completion in found] == rows
    assert examination.rows_in == 3_000


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Q: 1+1? A: 2", ("Q: 1+1? A:", " 2")),
        ("Title x\nSummary:\nIt is.", ("Title x\nSummary:", "\nIt is.")),
        ("cats -> animals", ("cats ->", " animals")),
        ("Customer: hi Agent: yo Customer: bye Agent: ok",
         ("Customer: hi Agent: yo Customer: bye Agent:", " ok")),
        ("plain words alone", ("", "plain words alone")),
        ("Label: at the beginning", ("", "Label: at the beginning")),
    ],
)  # fmt: skip
def test_texts_are_divided_after_the_last_label_that_all_have(
    row: str, expected: tuple[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(text([row] * 5))

    _, rows = read(path)

    assert rows[0] == expected


@pytest.mark.parametrize(
    ("name", "marker", "task", "rows"),
    [
        ("support-topics", "Topic:", "classification", 600),
        ("review-sentiment", "Sentiment:", "classification", 600),
        ("blog-ideas", "Blog ideas:", "conditional", 400),
    ],
)
def test_the_examples_that_come_with_the_site_are_without_a_warning(
    name: str, marker: str, task: str, rows: int, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(Path(f"examples/datasets/{name}.txt").read_bytes())

    examination, _ = read(path, name=f"{name}.txt")

    assert examination.rows == examination.rows_in == rows
    assert examination.figures["marker"] == marker
    assert examination.figures["prompt_suffix"] == f" {marker}"
    assert examination.figures["task"] == task
    assert {finding.severity for finding in examination.findings} == {"advice"}


def test_completions_alone_are_legal(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(json_lines([{"prompt": "", "completion": row} for row in texts()]))

    examination, _ = read(path)

    assert examination.findings == ()
    assert examination.figures["task"] == "open"


def test_the_example_of_a_converted_file_shows_its_letters(tmp_path: Path) -> None:
    path, target = tmp_path / "file", tmp_path / "fixed"
    data = table().replace(b" ->", " café ->".encode("cp1252"))
    path.write_bytes(data)

    result = apply_fix(path, target, "convert_to_utf8", encode=words, context=2048)

    assert result.changed == 100
    assert "caf\ufffd" in (result.changes[0].before or "")
    assert "café" in (result.changes[0].after or "")
    assert result.diff.startswith("@@ line 2 @@\n-")
    assert target.read_bytes() == data.decode("cp1252").encode()


def test_a_line_keeps_its_number_and_byte_after_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "file"
    lines = json_lines(objects(5))
    path.write_bytes(b"\xef\xbb\xbf" + lines + b"{\n")

    examination, _ = read(path)

    (finding,) = (f for f in examination.findings if f.code == "row_not_json")
    assert (finding.line, finding.byte) == (6, 3 + start_of(lines, 6) + 1)
