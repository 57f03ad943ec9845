"""Bad and odd files, made by code: what is in each, and what must be said of it."""

import gzip
import io
import json
import zipfile
from dataclasses import dataclass, field

SEPARATOR = "<|endoftext|>"
ROWS = 100


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file.

    code: the finding that it must have, at ``line`` and ``byte`` (None: the whole file), and
    ``count`` times where that is given.
    fix: of the finding.
    rows: rows that can be used, before any fix.
    fixed_rows: rows after the fix.
    others: codes of further findings that it must have.
    """

    name: str
    data: bytes
    code: str
    line: int | None = None
    byte: int | None = None
    count: int | None = None
    fix: str | None = None
    rows: int | None = None
    fixed_rows: int | None = None
    file_name: str = "data"
    others: tuple[str, ...] = field(default=())


WORDS = (
    "amber", "birch", "copper", "dune", "ember", "fjord", "grove", "heron", "iris", "juniper",
    "kelp", "linden", "maple",
)  # fmt: skip


def sentence(number: int) -> str:
    """Different for each number, and not nearly the same as another."""
    parts = [WORDS[(number * step + step) % len(WORDS)] for step in (1, 3, 5, 7)]
    return f"{parts[0]} {parts[1]} q{number} {parts[2]} {parts[3]} z{number * 7919 % 1009}"


def pairs(count: int = ROWS) -> list[tuple[str, str]]:
    """Prompts that all end in one marker, completions that all begin with a space."""
    return [(f"{sentence(n)} ->", f" {sentence(n + 5000)}") for n in range(count)]


def text(rows: list[str], *, separator: str = f"{SEPARATOR}\n") -> bytes:
    return "".join(f"{row}{separator}" for row in rows).encode()


def texts(count: int = ROWS) -> list[str]:
    return [f"Say: {sentence(n)} Answer: {sentence(n + 5000)}" for n in range(count)]


def plain_texts(count: int = ROWS) -> list[str]:
    """Texts without any label."""
    return [f"{sentence(n)} {sentence(n + 5000)}" for n in range(count)]


def json_lines(values: list[object]) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)


def objects(count: int = ROWS) -> list[object]:
    return [{"prompt": prompt, "completion": answer} for prompt, answer in pairs(count)]


def with_line(lines: bytes, number: int, line: bytes) -> bytes:
    """``lines`` with another one in the place of line ``number``."""
    every = lines.splitlines(keepends=True)
    every[number - 1] = line + b"\n"
    return b"".join(every)


def start_of(lines: bytes, number: int) -> int:
    """The byte at which a line begins."""
    return sum(map(len, lines.splitlines(keepends=True)[: number - 1]))


def table(delimiter: str = ",", header: tuple[str, str] = ("prompt", "completion")) -> bytes:
    rows = [header, *pairs()]
    return "".join(f"{delimiter.join(cells)}\n" for cells in rows).encode()


def zip_archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


def bad_json(number: int, line: str, code: str, **values: object) -> Case:
    """JSON Lines with one bad line, which is left out by one click."""
    data = with_line(json_lines(objects()), number, line.encode())
    at = start_of(data, number) + int(values.pop("inside", 0))
    defaults = {
        "name": f"{code}-{len(line)}", "line": number, "byte": at, "count": 1, "rows": ROWS - 1,
        "fix": "leave_out_rows", "fixed_rows": ROWS - 1,
    }  # fmt: skip
    return Case(data=data, code=code, **{**defaults, **values})


def bad_table(number: int, line: str, code: str, **values: object) -> Case:
    """CSV with one bad line."""
    data = with_line(table(), number, line.encode())
    defaults = {
        "name": f"{code}-{len(line)}", "line": number, "byte": start_of(data, number), "count": 1,
        "rows": ROWS - 1, "fix": "leave_out_rows", "fixed_rows": ROWS - 1,
    }  # fmt: skip
    return Case(data=data, code=code, **{**defaults, **values})


GOOD = json_lines(objects())
TEXT = text(texts())
FIRST = texts()[0]


def _files() -> list[Case]:
    accents = [f"{row} café déjà" for row in texts()]
    utf8 = text(accents)
    invalid = with_line(utf8, 57, b"caf\xc3\xa9 \xff alone <|endoftext|>")
    ascii_invalid = with_line(TEXT, 57, b"plain \xff alone <|endoftext|>")
    latin = with_line(TEXT, 57, "Un café noir Answer: oui<|endoftext|>".encode("cp1252"))
    russian = "Скажи: привет, как у тебя дела сегодня Ответ: хорошо, спасибо"  # noqa: RUF001
    cyrillic = text([russian] * 100)
    wide = TEXT.decode()
    return [
        Case(name="empty", data=b"", code="file_empty"),
        Case(name="blank", data=b" \n\t\r\n\n", code="file_empty"),
        Case(name="mark-alone", data=b"\xef\xbb\xbf", code="file_empty"),
        Case(name="gzip", data=gzip.compress(GOOD), code="file_compressed", file_name="a.jsonl"),
        Case(name="bzip2", data=b"BZh91AY&SY" + bytes(50), code="file_compressed"),
        Case(name="xz", data=b"\xfd7zXZ\x00" + bytes(50), code="file_compressed"),
        Case(name="zstd", data=b"\x28\xb5\x2f\xfd" + bytes(50), code="file_compressed"),
        Case(name="7z", data=b"7z\xbc\xaf\x27\x1c" + bytes(50), code="file_compressed"),
        Case(name="rar", data=b"Rar!\x1a\x07\x00" + bytes(50), code="file_compressed"),
        Case(name="zip", data=zip_archive("a.txt"), code="file_compressed", file_name="a.csv"),
        Case(name="xlsx", data=zip_archive("[Content_Types].xml", "xl/workbook.xml"),
             code="file_spreadsheet", file_name="a.csv"),
        Case(name="docx", data=zip_archive("word/document.xml"), code="file_document"),
        Case(name="xls", data=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", code="file_spreadsheet"),
        Case(name="pdf", data=b"%PDF-1.7\n" + GOOD, code="file_document", file_name="a.txt"),
        Case(name="rtf", data=b"{\\rtf1 hello}", code="file_document"),
        Case(name="html", data=b"<!DOCTYPE html><p>hi", code="file_document"),
        Case(name="png", data=b"\x89PNG\r\n\x1a\n" + bytes(20), code="file_binary"),
        Case(name="parquet", data=b"PAR1" + bytes(20), code="file_binary"),
        Case(name="pickle", data=b"\x80\x04\x95" + bytes(20), code="file_binary"),
        Case(name="controls", data=bytes(range(1, 9)) * 20, code="file_binary"),
        Case(name="utf16-le-mark", data=b"\xff\xfe" + wide.encode("utf-16-le"),
             code="encoding_utf16", fix="convert_to_utf8", fixed_rows=ROWS),
        Case(name="utf16-be-mark", data=b"\xfe\xff" + wide.encode("utf-16-be"),
             code="encoding_utf16", fix="convert_to_utf8", fixed_rows=ROWS),
        Case(name="utf16-le", data=wide.encode("utf-16-le"), code="encoding_utf16",
             fix="convert_to_utf8", fixed_rows=ROWS),
        Case(name="utf16-be", data=wide.encode("utf-16-be"), code="encoding_utf16",
             fix="convert_to_utf8", fixed_rows=ROWS),
        Case(name="utf32", data=wide.encode("utf-32"), code="encoding_utf16",
             fix="convert_to_utf8", fixed_rows=ROWS),
        Case(name="cp1252", data=latin, code="encoding_windows_1252", line=57,
             byte=latin.index(b"\xe9"), fix="convert_to_utf8", fixed_rows=ROWS),
        Case(name="cp1252-throughout", data=text(accents).decode().encode("cp1252"),
             code="encoding_windows_1252", line=1,
             byte=len(f"{FIRST} caf"), fix="convert_to_utf8", fixed_rows=ROWS),
        Case(name="cp1251", data=cyrillic.decode().encode("cp1251"), code="encoding_other",
             line=1, byte=0, fix="convert_to_utf8"),
        Case(name="invalid-in-utf8", data=invalid, code="invalid_utf8", line=57, count=1,
             byte=invalid.index(b"\xff"), fix="replace_invalid_bytes", fixed_rows=ROWS),
        Case(name="invalid-in-ascii", data=ascii_invalid, code="invalid_utf8", line=57, count=1,
             byte=ascii_invalid.index(b"\xff"), fix="replace_invalid_bytes", fixed_rows=ROWS),
        Case(name="cut-in-a-character", data=utf8 + "é".encode()[:1], code="invalid_utf8",
             line=101, byte=len(utf8), count=1, fix="replace_invalid_bytes"),
        Case(name="giant-line", data=GOOD + b"x" * 300_000 + b"\n", code="giant_row", line=101,
             byte=len(GOOD), rows=ROWS, fix="leave_out_rows", fixed_rows=ROWS),
        Case(name="giant-text", data=TEXT + b"word " * 60_000 + SEPARATOR.encode(),
             code="giant_row", line=101, byte=len(TEXT), fix="leave_out_rows", rows=ROWS,
             fixed_rows=ROWS),
    ]  # fmt: skip


def _json() -> list[Case]:
    lone = '{"prompt": "a ->", "completion": " \\ud83e"}'
    nul = '{"prompt": "a ->", "completion": " b\\u0000c"}'
    raw_nul = '{"prompt": "a ->", "completion": " b\0c"}'
    other = json_lines([{"question": p, "answer": c} for p, c in pairs()])
    alpaca = json_lines([{"instruction": "Do it", "input": p, "output": c} for p, c in pairs()])
    wrapped = json.dumps({"data": objects()}, indent=1).encode()
    array = json.dumps(objects()).encode()
    fifth = [at for at in range(len(array)) if array.startswith(b"{", at)][4]
    broken = array[:fifth] + b"#" + array[fifth:]
    extra = json_lines([{**o, "id": n} for n, o in enumerate(objects())])  # type: ignore[dict-item]
    separators = [{"prompt": p, "completion": f"{c}{SEPARATOR}"} for p, c in pairs()]
    inside = f'{{"prompt": "a ->", "completion": " b{SEPARATOR} c"}}'
    return [
        bad_json(57, '{"prompt": "a", "completion": }', "row_not_json", inside=30),
        bad_json(57, '{"prompt": "a", "completion": "b"', "row_not_json", inside=33),
        bad_json(9, "not JSON at all", "row_not_json"),
        bad_json(9, '{"prompt": "a", "completion": 007}', "row_not_json", inside=31),
        bad_json(9, "[" * 100_000, "row_not_json", name="deep"),
        bad_json(9, '["a", "b"]', "row_not_object"),
        bad_json(9, '"text"', "row_not_object"),
        bad_json(9, '{"prompt": "a", "prompt": "b", "completion": "c"}', "duplicate_keys"),
        bad_json(9, '{"Prompt": "a", "prompt": "b", "completion": "c"}', "duplicate_keys",
                 name="keys-by-case"),
        bad_json(9, '{"prompt": "a", "completion": NaN}', "not_a_number"),
        bad_json(9, '{"prompt": "a", "completion": -Infinity}', "not_a_number"),
        bad_json(9, '{"prompt": "a", "completion": ["b"]}', "nested_value"),
        bad_json(9, '{"prompt": {"a": 1}, "completion": "b"}', "nested_value"),
        bad_json(9, lone, "half_character"),
        bad_json(9, nul, "nul_character", fix="remove_nul", fixed_rows=ROWS),
        bad_json(9, raw_nul, "nul_character", fix="remove_nul", fixed_rows=ROWS),
        bad_json(9, '{"a": "b"}', "fields_missing"),
        bad_json(9, '{"prompt": "b"}', "fields_missing"),
        bad_json(9, '{"prompt": "a ->", "completion": ""}', "empty_completion"),
        bad_json(9, '{"prompt": "a ->", "completion": " \\n"}', "empty_completion"),
        bad_json(9, '{"prompt": "a ->", "completion": null}', "empty_completion"),
        bad_json(9, '{"messages": []}', "messages_malformed"),
        bad_json(9, '{"messages": [{"role": "pirate", "content": "x"}]}', "messages_malformed"),
        bad_json(9, '{"messages": [{"role": "user", "content": "x"}]}', "messages_without_answer"),
        bad_json(9, inside, "separator_in_field", fix="remove_separators_in_fields",
                 fixed_rows=ROWS),
        Case(name="separators-at-field-ends", data=json_lines(separators),
             code="separator_at_field_end", line=1, byte=0, count=ROWS, rows=ROWS,
             fix="remove_separators_in_fields", fixed_rows=ROWS),
        Case(name="question-answer", data=other, code="fields_of_other_names", line=1, byte=0,
             count=ROWS, rows=0, fix="rename_fields", fixed_rows=ROWS),
        Case(name="instruction-input-output", data=alpaca, code="fields_of_other_names",
             line=1, byte=0, count=ROWS, fix="rename_fields", fixed_rows=ROWS),
        Case(name="wrapped", data=wrapped, code="json_not_a_list", line=1, byte=0, rows=0),
        Case(name="array-broken", data=broken, code="json_broken", line=1, byte=fifth,
             rows=4),
        Case(name="array-not-closed", data=array[:-1], code="json_broken", line=1,
             byte=len(array) - 1, rows=ROWS),
        Case(name="array-cut", data=array[:-20], code="json_broken", rows=ROWS - 1,
             line=1, byte=array.rindex(b'"', 0, -20)),
        Case(name="extra-fields", data=extra, code="extra_fields", line=1, byte=0, rows=ROWS),
        Case(name="numbers", data=with_line(GOOD, 3, b'{"prompt": "a ->", "completion": 3.10}'),
             code="values_not_text", line=3, byte=start_of(GOOD, 3), rows=ROWS),
    ]  # fmt: skip


def _tables() -> list[Case]:
    rows = "".join(f"{p},{c.strip()}\n" for p, c in pairs()).encode()
    return [
        bad_table(9, '"open quote,b', "unclosed_quote"),
        bad_table(9, '"a"b,c', "table_row_broken"),
        bad_table(9, "a,b,c,d", "too_many_cells"),
        bad_table(9, "alone", "too_few_cells"),
        bad_table(9, "a ->,", "empty_completion"),
        bad_table(9, "a ->, b\0", "nul_character", fix="remove_nul", fixed_rows=ROWS),
        bad_table(9, "a ->,=cmd|x", "formula_cells", fix=None, rows=ROWS),
        Case(name="question-answer-columns", data=table(header=("question", "answer")),
             code="columns_of_other_names", line=1, byte=0, rows=0, fix="rename_fields",
             fixed_rows=ROWS),
        Case(name="columns-unnamed", data=rows, code="columns_unnamed", line=1, byte=0,
             fix="name_columns", fixed_rows=ROWS),
        Case(name="columns-unknown", data=table("\t", header=("alpha", "beta")),
             code="columns_unknown", line=1, byte=0, rows=0),
        Case(name="columns-doubled", data=table(header=("prompt,prompt", "completion")),
             code="columns_doubled", line=1, byte=0, rows=0),
        Case(name="extra-columns", data=table(header=("id,prompt", "completion")).replace(
            b"\n", b"\n1,").removesuffix(b"1,"), code="extra_fields", line=1, byte=0, rows=ROWS),
    ]  # fmt: skip


def _separators() -> list[Case]:
    rows = texts()
    spaced, quoted, upper = f" {SEPARATOR} \n", f' "{SEPARATOR}"\n', "<|ENDOFTEXT|>\n"
    normal: dict[str, object] = {"fix": "normalise_separators", "fixed_rows": ROWS, "rows": ROWS}
    first = len(FIRST.encode())
    doubled = text(rows, separator=SEPARATOR * 2 + "\n")
    lines = "".join(f"{row}\n" for row in plain_texts()).encode()
    return [
        Case(name="separator-spaces", data=text(rows, separator=spaced), line=1, byte=first + 1,
             code="separator_spelling", count=ROWS, **normal),
        Case(name="separator-quotes", data=text(rows, separator=quoted), line=1, byte=first + 1,
             code="separator_spelling", count=ROWS, **normal),
        Case(name="separator-capitals", data=text(rows, separator=upper), line=1, byte=first,
             code="separator_spelling", count=ROWS, **normal),
        Case(name="separator-doubled", data=doubled, code="separator_doubled", line=1,
             byte=first + len(SEPARATOR), count=ROWS, **normal),
        Case(name="separator-at-beginning", data=SEPARATOR.encode() + TEXT, line=1, byte=0,
             code="separator_at_beginning", count=1, **normal),
        Case(name="separator-before-each", code="separator_missing_at_end", line=100,
             data="".join(f"{SEPARATOR}{row}\n" for row in rows).encode(), count=1,
             byte=len("".join(f"{SEPARATOR}{row}\n" for row in rows)) - len(rows[-1]) - 1,
             others=("separator_at_beginning",), **normal),
        Case(name="separator-missing-at-end", data=TEXT[: -len(SEPARATOR) - 1], line=100,
             code="separator_missing_at_end", byte=start_of(TEXT, 100), count=1, **normal),
        Case(name="hashes", data=text(plain_texts(), separator="\n###\n"), code="separator_other",
             line=1, byte=0, rows=0, fix="replace_separator", fixed_rows=ROWS),
        Case(name="five-hashes", data=text(plain_texts(), separator=" #####\n"), rows=0,
             code="separator_other", line=1, byte=0, fix="replace_separator", fixed_rows=ROWS),
        Case(name="end-of-sentence", data=text(plain_texts(), separator="</s>\n"), rows=0,
             code="separator_other", line=1, byte=0, fix="replace_separator", fixed_rows=ROWS),
        Case(name="dashes", data=text(plain_texts(), separator="\n---\n"), rows=0,
             code="separator_other", line=1, byte=0, fix="replace_separator", fixed_rows=ROWS),
        Case(name="blank-lines", data=text(plain_texts(), separator="\n\n"), rows=0, line=1,
             code="separator_other", byte=0, fix="replace_separator", fixed_rows=ROWS),
        Case(name="chat", data=b"user1: hello\nuser2: hi\n\n" * 100, code="separator_other",
             line=1, byte=0, fix="replace_separator", fixed_rows=100),
        Case(name="lines", data=lines, code="separator_missing_lines", line=1, byte=0, rows=0,
             count=ROWS, fix="separate_lines", fixed_rows=ROWS),
        Case(name="one-text", data=b"just one text", code="separator_missing", line=1, byte=0,
             rows=0),
        Case(name="marker", data=TEXT, code="marker_found", rows=ROWS, fix="learn_whole_text",
             fixed_rows=ROWS),
        Case(name="marker-missing", data=with_line(TEXT, 57, b"no label here<|endoftext|>"),
             code="marker_missing", line=57, byte=start_of(TEXT, 57), count=1, rows=ROWS,
             fix="learn_whole_text", fixed_rows=ROWS),
        Case(name="old-mac", data=TEXT.replace(b"\n", b"\r"), code="marker_found", rows=ROWS,
             fix="learn_whole_text", fixed_rows=ROWS),
    ]  # fmt: skip


def _rows() -> list[Case]:
    p, c = pairs()[0]
    same = json_lines([*objects(), {"prompt": p, "completion": c}])
    near = json_lines([*objects(), {"prompt": p.upper(), "completion": f"{c}  "}])
    long = " ".join(sentence(n) for n in range(900, 910))
    words = json_lines([
        *objects(),
        {"prompt": f"{long} ->", "completion": " one"},
        {"prompt": f"{long} more ->", "completion": " one"},
    ])  # fmt: skip
    conflict = json_lines([*objects(), {"prompt": p, "completion": " another"}])
    no_prompt = with_line(GOOD, 9, b'{"prompt": "", "completion": " b"}')
    prefix = "Please answer this question: "
    prefixed = [{"prompt": f"{prefix}{p}", "completion": c} for p, c in pairs()]
    answers = [{"prompt": p, "completion": f" The right answer is{c}"} for p, c in pairs()]
    unmarked = [{"prompt": p.removesuffix(" ->"), "completion": c} for p, c in pairs()]
    unspaced = [{"prompt": p, "completion": c.strip()} for p, c in pairs()]
    spaced = [{"prompt": f"{p} ", "completion": c.strip()} for p, c in pairs()]
    capitals = [{"prompt": p.upper(), "completion": c.upper()} for p, c in pairs()]
    too_long = with_line(
        GOOD, 9, json.dumps({"prompt": "word " * 300 + "->", "completion": " b"}).encode()
    )
    answer_too_long = with_line(
        GOOD, 9, json.dumps({"prompt": "a ->", "completion": " word" * 300}).encode()
    )
    at_nine = start_of(GOOD, 9)
    return [
        Case(name="same", data=same, code="exact_duplicates", line=101, byte=len(GOOD), count=1,
             rows=101, fix="remove_duplicates", fixed_rows=100),
        Case(name="near", data=near, code="near_duplicates", line=101, byte=len(GOOD), count=1,
             rows=101, fix="remove_near_duplicates", fixed_rows=100),
        Case(name="near-words", data=words, code="near_duplicates", line=102, count=1,
             byte=start_of(words, 102), rows=102, fix="remove_near_duplicates", fixed_rows=101),
        Case(name="conflict", data=conflict, code="conflicting_completions", line=101,
             byte=len(GOOD), count=1, rows=101),
        Case(name="no-prompt", data=no_prompt, code="empty_prompt", line=9, byte=at_nine, count=1,
             rows=ROWS),
        Case(name="prompt-prefix", data=json_lines(prefixed), code="prompt_prefix", line=1,
             byte=0, rows=ROWS, fix="remove_prompt_prefix", fixed_rows=ROWS),
        Case(name="completion-prefix", data=json_lines(answers), code="completion_prefix", line=1,
             byte=0, rows=ROWS, fix="remove_completion_prefix", fixed_rows=ROWS),
        Case(name="no-marker", data=json_lines(unmarked), code="prompts_without_marker", line=1,
             byte=0, rows=ROWS, fix="add_marker", fixed_rows=ROWS),
        Case(name="no-space", data=json_lines(unspaced), code="completion_without_space", line=1,
             byte=0, count=ROWS, rows=ROWS, fix="add_space", fixed_rows=ROWS),
        Case(name="space", data=json_lines(spaced), code="prompt_ends_with_space", line=1, byte=0,
             count=ROWS, rows=ROWS, fix="move_space", fixed_rows=ROWS),
        Case(name="capitals", data=json_lines(capitals), code="upper_case", line=1, byte=0,
             count=ROWS, rows=ROWS),
        Case(name="too-long", data=too_long, code="prompt_too_long", line=9, byte=at_nine,
             count=1, rows=ROWS - 1, fix="cut_prompt_heads", fixed_rows=ROWS),
        Case(name="answer-too-long", data=answer_too_long, code="completion_too_long", line=9,
             byte=at_nine, count=1, rows=ROWS - 1, fix="leave_out_rows", fixed_rows=ROWS - 1),
        Case(name="few", data=json_lines(objects(99)), code="too_few_rows", rows=99),
        Case(name="one", data=json_lines(objects(1)), code="too_few_rows", rows=1),
        Case(name="header-alone", data=b"prompt,completion\n", code="no_rows", rows=0),
        Case(name="empty-array", data=b"[]", code="no_rows", rows=0),
        Case(name="nothing-fits", rows=0, code="nothing_to_learn", others=("prompt_too_long",),
             data=json_lines([{"prompt": f"{n} word" * 300, "completion": " b"}
                              for n in range(110)])),
    ]  # fmt: skip


def label_rows(labels: list[str]) -> bytes:
    return json_lines([
        {"prompt": f"{sentence(n)} ->", "completion": label} for n, label in enumerate(labels)
    ])  # fmt: skip


def _labels() -> list[Case]:
    uneven = label_rows([" yes"] * 110 + [" no"] * 2)
    once = label_rows([" yes", " no"] * 50 + [" maybe"])
    return [
        Case(name="imbalanced", data=uneven, line=111, code="classes_imbalanced",
             byte=start_of(uneven, 111)),
        Case(name="label-once", data=once, code="label_seen_once", line=101, count=1,
             byte=start_of(once, 101)),
        Case(name="labels-of-several-tokens", line=1, byte=0,
             data=label_rows([" very good", " bad"] * 50), code="label_of_several_tokens"),
        Case(name="labels-alike", data=label_rows([" yes", " Yes"] * 50), code="labels_alike",
             line=1, byte=0, count=2),
        Case(name="one-label", data=label_rows([" ZEBRA"] * 100), code="one_label", line=1, byte=0),
        Case(name="csv-named-jsonl", data=table(), file_name="a.jsonl", rows=ROWS,
             code="name_and_content_differ"),
        Case(name="jsonl-named-csv", data=GOOD, file_name="a.csv", rows=ROWS,
             code="name_and_content_differ"),
        Case(name="jsonl-named-txt", data=GOOD, file_name="a.txt", rows=ROWS,
             code="name_and_content_differ"),
        Case(name="tsv-named-csv", data=table("\t"), file_name="a.csv", rows=ROWS,
             code="name_and_content_differ"),
        Case(name="text-named-json", data=TEXT, file_name="a.json", rows=ROWS,
             code="name_and_content_differ"),
    ]  # fmt: skip


CASES = [*_files(), *_json(), *_tables(), *_separators(), *_rows(), *_labels()]
