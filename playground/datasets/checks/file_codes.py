"""Findings about files and their forms."""

from playground.datasets.checks.fix_codes import (
    CONVERT,
    LEAVE_OUT,
    NAME_COLUMNS,
    REMOVE_NUL,
    RENAME_FIELDS,
    REPLACE_BYTES,
)
from playground.datasets.checks.kinds import Kind

FILE: dict[str, Kind] = {
    "file_empty": Kind(
        "error",
        "The file has no text. Upload a file with at least one hundred examples.",
    ),
    "file_too_large": Kind(
        "error",
        "The file has {size}; the limit is {limit}. Divide it, or leave examples out.",
    ),
    "file_compressed": Kind(
        "error",
        "The file is {kind}. Unpack it and upload the text file inside.",
    ),
    "file_spreadsheet": Kind(
        "error",
        "The file is {kind}. Save the sheet as CSV (UTF-8) and upload that.",
    ),
    "file_document": Kind(
        "error",
        "The file is {kind}. Save its text as a plain text file.",
    ),
    "file_binary": Kind(
        "error",
        "The file is {kind}, not text. Upload a text file.",
    ),
    "encoding_utf16": Kind(
        "error",
        "The file is in {encoding}. Convert it to UTF-8.",
        CONVERT,
    ),
    "encoding_windows_1252": Kind(
        "error",
        "The file is in Windows-1252, not UTF-8. The first letter that shows it is in line "
        "{line}, byte {byte}. Convert it to UTF-8.",
        CONVERT,
    ),
    "encoding_other": Kind(
        "error",
        "The file is not UTF-8 from line {line}, byte {byte} on. It looks like {encoding}: "
        "convert it and check the differences.",
        CONVERT,
    ),
    "invalid_utf8": Kind(
        "error",
        "{n} byte{s} {are} not valid UTF-8, the first in line {line}, byte {byte}. Save the "
        "file as UTF-8, or replace these bytes.",
        REPLACE_BYTES,
    ),
    "name_and_content_differ": Kind(
        "advice",
        "The file is named {name}, but its content is {form}. It is read as {form}.",
    ),
    "nul_character": Kind(
        "error",
        "{rows} {have} a NUL character (U+0000), which no text needs. Remove it.",
        REMOVE_NUL,
        (LEAVE_OUT,),
    ),
    "giant_row": Kind(
        "error",
        "{rows} {are} longer than {limit}, more than any model reads at once. Divide the "
        "text, or leave it out.",
        LEAVE_OUT,
    ),
    "too_many_rows": Kind(
        "error",
        "The file has more than {limit} rows. Divide it, or leave examples out.",
    ),
}

FORM: dict[str, Kind] = {
    "row_not_json": Kind(
        "error",
        "{rows} {are} not valid JSON. The first fault is in line {line}: {reason}. Correct "
        "it, or leave the row{s} out.",
        LEAVE_OUT,
    ),
    "row_not_object": Kind(
        "error",
        '{rows} {are} not a JSON object. Write {{"prompt": "…", "completion": "…"}}, or leave'
        " the row{s} out.",
        LEAVE_OUT,
    ),
    "duplicate_keys": Kind(
        "error",
        "{rows} {have} a key twice: {keys}. Keep one of them, or leave the row{s} out.",
        LEAVE_OUT,
    ),
    "not_a_number": Kind(
        "error",
        "{rows} {have} NaN or Infinity without quotes, which JSON does not allow. Put it in "
        "quotes.",
        LEAVE_OUT,
    ),
    "nested_value": Kind(
        "error",
        "{rows} {have} a list or an object where a text is expected: {keys}. Write a text.",
        LEAVE_OUT,
    ),
    "half_character": Kind(
        "error",
        "{rows} {have} half of a character (a lone surrogate). Write the whole character, or "
        "leave the row{s} out.",
        LEAVE_OUT,
    ),
    "fields_missing": Kind(
        "error",
        "{rows} {have} no prompt and completion, no text and no messages. The fields are "
        "{keys}. Rename them.",
        LEAVE_OUT,
    ),
    "fields_of_other_names": Kind(
        "error",
        "{rows} {have} fields named {keys}. Name them prompt and completion.",
        RENAME_FIELDS,
        (LEAVE_OUT,),
    ),
    "extra_fields": Kind(
        "advice",
        "Only prompts and completions are read. These fields are ignored: {keys}.",
    ),
    "values_not_text": Kind(
        "advice",
        "{rows} {have} a number or a truth value. It is read as text, exactly as it is written.",
    ),
    "messages_malformed": Kind(
        "error",
        "{rows} {have} messages that do not follow OpenAI's format. Each message needs a role"
        " (system, user or assistant) and a content.",
        LEAVE_OUT,
    ),
    "messages_without_answer": Kind(
        "error",
        "{rows} {do} not end with a message of the assistant, so there is nothing to learn. "
        "Add the answer, or leave the row{s} out.",
        LEAVE_OUT,
    ),
    "json_broken": Kind(
        "error",
        "The JSON is not valid from line {line}, byte {byte} on: {reason}. Nothing after it "
        "is read. Correct it there.",
    ),
    "json_giant_value": Kind(
        "error",
        "A value of more than {limit} begins in line {line}. Nothing after it is read. Divide"
        " it, or leave it out.",
    ),
    "json_not_a_list": Kind(
        "error",
        "The file is a single JSON value, not a list of examples. Write a list of objects, or"
        " one object a line.",
    ),
    "unclosed_quote": Kind(
        "error",
        "{rows} {have} a quote that is never closed. Close it, or write it twice.",
        LEAVE_OUT,
    ),
    "table_row_broken": Kind(
        "error",
        "{rows} {have} misplaced quotes, the first in line {line}. Inside a in_quotes cell, "
        "write a quote twice.",
        LEAVE_OUT,
    ),
    "too_many_cells": Kind(
        "error",
        "{rows} {have} more cells than the header. Put quotes around texts that contain the "
        "delimiter.",
        LEAVE_OUT,
    ),
    "too_few_cells": Kind(
        "error",
        "{rows} {have} too few cells. Complete the row{s}, or leave the row{s} out.",
        LEAVE_OUT,
    ),
    "columns_of_other_names": Kind(
        "error",
        "The columns are named {keys}. Name them prompt and completion.",
        RENAME_FIELDS,
    ),
    "columns_unnamed": Kind(
        "error",
        "The first line does not name the columns. Name them prompt and completion.",
        NAME_COLUMNS,
    ),
    "columns_unknown": Kind(
        "error",
        "The columns are named {keys}. Name the two to learn from prompt and completion.",
    ),
    "columns_doubled": Kind(
        "error",
        "Two of the columns have the same name: {keys}. Rename one of them.",
    ),
    "formula_cells": Kind(
        "advice",
        "{rows} {have} a cell that a spreadsheet would run as a formula. It stays text here. "
        "Be careful when you open the file elsewhere.",
    ),
}
