"""Whatever a file has in it, no row is lost silently and nothing but our own errors comes."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.core.errors import InvalidInput
from playground.core.texts import fault_of
from playground.datasets.checks import Examination, Finding, examine
from playground.datasets.checks.canonical import read_rows
from playground.datasets.checks.codes import CODES
from playground.datasets.checks.fix_codes import FIX_TITLES
from playground.datasets.fixes import apply_fix
from tests.datasets.counting import words

CONTEXT = 24
quick = settings(
    max_examples=int(os.environ.get("DATASET_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

texts = st.text(
    st.one_of(
        st.sampled_from(list("ab  \n\r\t\"',;:|<>[]{}#-=1é🦊\0")),
        st.characters(codec="utf-8"),
    ),
    max_size=40,
)
pieces = st.sampled_from(
    ["<|endoftext|>", " <|endoftext|> ", "<|ENDOFTEXT|>", "\n", "\n\n", "###", "A: ", "word ",
     '"', "\0", "\ufeff", "[", "]", "{", "}", ",", "prompt,completion\n", "\r"]
)  # fmt: skip
values = st.one_of(texts, st.none(), st.integers(), st.booleans(), st.lists(texts, max_size=1))
keys = st.sampled_from(["prompt", "completion", "text", "question", "answer", "id", "Prompt"])
objects = st.lists(st.one_of(st.dictionaries(keys, values, max_size=4), texts), max_size=12)


def check(path: Path) -> Examination:
    """Examine the file and hold what must always be so."""
    rows = path.with_suffix(".rows")
    examination = examine(path, encode=words, context=CONTEXT, name="a.txt", rows_path=rows)
    assert examination.rows_in == examination.rows + examination.left_out
    written = list(read_rows(rows))
    assert [row.row for row in written] == list(range(1, examination.rows + 1))
    for row in written:
        assert row.completion.strip()
        assert "<|endoftext|>" not in row.prompt + row.completion
        assert len(row.prompt.split()) + len(row.completion.split()) + 1 <= CONTEXT
    for finding in examination.findings:
        assert CODES[finding.code].severity == finding.severity
        assert finding.left_out == 0 or finding.severity == "error"
        assert finding.byte is None or 0 <= finding.byte <= path.stat().st_size
        assert finding.count >= finding.left_out
        shown = [finding.sentence, *(example.text for example in finding.examples)]
        assert not any(map(fault_of, shown))
        assert Finding.from_json(json.loads(json.dumps(finding.to_json()))) == finding
    json.dumps(examination.figures)
    return examination


def check_fixes(path: Path, examination: Examination) -> None:
    """Every fix that is offered works, or says in our own words why it does not."""
    target = path.with_suffix(".fixed")
    target.unlink(missing_ok=True)
    for finding in examination.findings:
        for fix in filter(None, (finding.fix, *finding.other_fixes)):
            assert fix in FIX_TITLES
            try:
                result = apply_fix(path, target, fix, encode=words, context=CONTEXT)
            except InvalidInput:
                assert not target.exists()
                continue
            assert result.size == target.stat().st_size
            shown = [text for change in result.changes for text in change[1:] if text]
            assert not any(map(fault_of, shown))
            after = check(target)
            if fix == "leave_out_rows":
                assert result.left_out == examination.left_out
                assert after.left_out == 0
            target.unlink()
    assert {file.suffix for file in path.parent.iterdir()} <= {".data", ".rows"}


def examine_bytes(data: bytes, folder: Path) -> None:
    path = folder / "file.data"
    path.write_bytes(data)
    check_fixes(path, check(path))


@quick
@given(st.binary(max_size=400))
def test_random_bytes_are_examined(tmp_path: Path, data: bytes) -> None:
    examine_bytes(data, tmp_path)


@quick
@given(st.lists(st.one_of(pieces, texts), max_size=30))
def test_texts_lose_no_row(tmp_path: Path, parts: list[str]) -> None:
    examine_bytes("".join(parts).encode(), tmp_path)


@quick
@given(objects, st.sampled_from(["lines", "list", "indented"]), st.lists(texts, max_size=2))
def test_objects_lose_no_row(
    tmp_path: Path, made: list[object], form: str, between: list[str]
) -> None:
    write: dict[str, Callable[[], str]] = {
        "lines": lambda: "\n".join([*map(json.dumps, made), *between]),
        "list": lambda: json.dumps(made) + "".join(between),
        "indented": lambda: json.dumps(made, indent=1, ensure_ascii=False) + "".join(between),
    }
    examine_bytes(write[form]().encode(), tmp_path)


@quick
@given(
    st.sampled_from(["prompt,completion", "id\ttext\tx", "question;answer", "completion"]),
    st.lists(st.lists(st.one_of(texts, pieces), max_size=4), max_size=12),
)
def test_tables_lose_no_row(tmp_path: Path, header: str, cells: list[list[str]]) -> None:
    delimiter = next((sign for sign in ",\t;" if sign in header), ",")
    lines = [header, *(delimiter.join(row) for row in cells)]
    examine_bytes("\n".join(lines).encode(), tmp_path)


@quick
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=12))
def test_rows_that_need_nothing_come_back_as_they_were(
    tmp_path: Path, rows: list[tuple[str, str]]
) -> None:
    clean = [
        (prompt.replace("\0", ""), completion.replace("\0", "")) for prompt, completion in rows
    ]
    path = tmp_path / "file.data"
    made = [{"prompt": prompt, "completion": completion} for prompt, completion in clean]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in made), encoding="utf-8")

    examination = check(path)

    kept = [
        (prompt, completion)
        for prompt, completion in clean
        if completion.strip() and len(f"{prompt} {completion}".split()) < CONTEXT
        and len(prompt.split()) + len(completion.split()) + 1 <= CONTEXT
    ]  # fmt: skip
    found = [(row.prompt, row.completion) for row in read_rows(path.with_suffix(".rows"))]
    assert found == [
        tuple(text.replace("\r\n", "\n").replace("\r", "\n") for text in row) for row in kept
    ]
    assert examination.rows_in == len(rows)
