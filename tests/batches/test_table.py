"""Reading pasted tables and files, and what is said about those that cannot be read."""

import pytest

from playground.batches.table import MAX_BYTES, MAX_ROWS, decode_table, read_table
from playground.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        (
            "city\tname\nRome\tAnn\nOslo\tBen\n",
            ("city", "name"),
            [("Rome", "Ann"), ("Oslo", "Ben")],
        ),
        ("city,name\r\nRome,Ann\r\n", ("city", "name"), [("Rome", "Ann")]),
        ("city;name\nRome;Ann, Ben", ("city", "name"), [("Rome", "Ann, Ben")]),
        # One column of sentences, as a spreadsheet copies it.
        ("question\nWho, when?\nWhy?", ("question",), [("Who, when?",), ("Why?",)]),
        ('city,note\nRome,"a ""b"",\nc"', ("city", "note"), [("Rome", 'a "b",\nc')]),
        ('city\tnote\nRome\t"so" he said', ("city", "note"), [("Rome", '"so" he said')]),
        # Empty lines and empty columns at the end.
        ("\n city , name ,,\n\nRome,Ann,,\n,,,\n", ("city", "name"), [("Rome", "Ann")]),
        ("city,name\nRome", ("city", "name"), [("Rome", "")]),
        ("\ufeffcity\nRome", ("city",), [("Rome",)]),
    ],
)
def test_tables_are_read_as_spreadsheets_write_them(
    text: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]
) -> None:
    table = read_table(text)

    assert (table.columns, list(table.rows)) == (columns, rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Paste a table, or choose a file."),
        (" \n,,\n", "Paste a table, or choose a file."),
        ("city,name", "only its first row"),
        ("city,,name\nRome,x,Ann", "Column 2 has no name."),
        ("city\n" + "Rome\n" * (MAX_ROWS + 1), f"51 rows; the limit is {MAX_ROWS}"),
        ("city,name\nRome,Ann\nOslo,Ben,Cy", "Row 2 has more cells"),
        ('city,name\nRome,"Ann\nOslo,Ben', "Row 1 cannot be read: a double quote"),
        ('"city,name\nRome,Ann', "The first row cannot be read"),
        ("city\n\0", "a NUL character"),
        ("city\n" + "a" * MAX_BYTES, "at most 256 KiB"),
    ],
)
def test_an_error_says_what_is_wrong_and_where(text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_table(text)

    assert message in refused.value.message
    assert refused.value.field == "table"


def test_files_are_read_in_the_encodings_of_spreadsheets() -> None:
    assert decode_table("naïve".encode("utf-8-sig")) == "naïve"
    assert decode_table("naïve".encode("utf-16")) == "naïve"
    with pytest.raises(InvalidInput, match="not UTF-8"):
        decode_table("naïve".encode("latin-1"))
