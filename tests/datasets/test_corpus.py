"""Bad and odd files: each has its exact finding, and the fix makes it go."""

from pathlib import Path

import pytest

from playground.datasets.checks import Examination, Finding, examine
from playground.datasets.checks.canonical import read_rows
from playground.datasets.checks.codes import CODES
from playground.datasets.fixes import apply_fix
from tests.datasets.corpus import CASES, Case
from tests.datasets.counting import words

CONTEXT = 256


def examination_of(path: Path, *, name: str = "data", rows: Path | None = None) -> Examination:
    return examine(path, encode=words, context=CONTEXT, name=name, rows_path=rows)


def finding_of(examination: Examination, code: str) -> Finding:
    found = {finding.code: finding for finding in examination.findings}
    assert code in found, f"{code} is not among {sorted(found)}"
    return found[code]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_has_its_finding_at_its_place(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(case.data)

    examination = examination_of(path, name=case.file_name, rows=tmp_path / "rows")

    finding = finding_of(examination, case.code)
    assert (finding.severity, finding.fix) == (CODES[case.code].severity, case.fix)
    if case.line is not None:
        assert (finding.line, finding.byte) == (case.line, case.byte)
    if case.count is not None:
        assert finding.count == case.count
    if case.rows is not None:
        assert examination.rows == case.rows
    for code in case.others:
        finding_of(examination, code)
    assert examination.rows_in == examination.rows + examination.left_out
    assert len(list(read_rows(tmp_path / "rows"))) == examination.rows
    assert examination.is_refused == any(f.severity == "error" for f in examination.findings)
    assert len(finding.examples) <= 5
    assert "{" not in finding.sentence.replace('{"prompt"', "")


@pytest.mark.parametrize("case", [case for case in CASES if case.fix], ids=lambda case: case.name)
def test_the_fix_of_a_finding_makes_it_go(case: Case, tmp_path: Path) -> None:
    path, fixed = tmp_path / "file", tmp_path / "fixed"
    path.write_bytes(case.data)
    assert case.fix is not None

    result = apply_fix(path, fixed, case.fix, encode=words, context=CONTEXT)

    examination = examination_of(fixed)
    assert case.code not in {finding.code for finding in examination.findings}
    if case.fixed_rows is not None:
        assert examination.rows == case.fixed_rows
    assert path.read_bytes() == case.data
    assert result.size == fixed.stat().st_size
    assert result.changes
    assert len(result.changes) <= 20


def test_there_are_at_least_eighty_files_and_every_code_has_one() -> None:
    # Sizes have tests of their own.
    elsewhere = {"file_too_large", "too_many_rows", "json_giant_value"}

    assert len(CASES) >= 80
    assert len({case.name for case in CASES}) == len(CASES)
    assert set(CODES) - {code for case in CASES for code in (case.code, *case.others)} == elsewhere
