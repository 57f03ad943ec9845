"""All findings there are: code, severity, sentence and fixes of each.

In a sentence ``{n}`` is the count, ``{rows}`` the count with its noun ("1 row", "3 rows"),
``{s}``, ``{are}`` and ``{have}`` agree with it, ``{line}`` and ``{byte}`` are the first place, and
the others are values that the check gives.
"""

from typing import NamedTuple

from playground.datasets.checks.findings import Severity
from playground.datasets.checks.fix_codes import (
    ADD_MARKER,
    ADD_SPACE,
    CONVERT,
    CUT_PROMPTS,
    FIX_TITLES,
    LEARN_WHOLE_TEXT,
    LEAVE_OUT,
    MOVE_SPACE,
    NAME_COLUMNS,
    NORMALISE_SEPARATORS,
    REMOVE_COMPLETION_PREFIX,
    REMOVE_DUPLICATES,
    REMOVE_NEAR_DUPLICATES,
    REMOVE_NUL,
    REMOVE_PROMPT_PREFIX,
    REMOVE_SEPARATORS,
    RENAME_FIELDS,
    REPLACE_BYTES,
    REPLACE_SEPARATOR,
    SEPARATE_LINES,
)


class Kind(NamedTuple):
    """What is the same about all findings of one code."""

    severity: Severity
    sentence: str
    fix: str | None = None
    other_fixes: tuple[str, ...] = ()


_FILE: dict[str, Kind] = {
    "file_empty": Kind(
        "error", "The file has no text. Upload a file with at least one hundred examples."
    ),
    "file_too_large": Kind(
        "error",
        "The file has {size}, and at most {limit} are taken. Divide it, or leave examples out.",
    ),
    "file_compressed": Kind(
        "error", "The file is {kind}. Unpack it and upload the text file that is in it."
    ),
    "file_spreadsheet": Kind(
        "error", "The file is {kind}. Save the sheet as CSV (UTF-8) and upload that."
    ),
    "file_document": Kind("error", "The file is {kind}. Save its text as a plain text file."),
    "file_binary": Kind("error", "The file is {kind}, no text. Upload a text file."),
    "encoding_utf16": Kind("error", "The file is in {encoding}. Convert it to UTF-8.", CONVERT),
    "encoding_windows_1252": Kind(
        "error",
        "The file is in Windows-1252, not UTF-8: the first such letter is in line {line}, byte "
        "{byte}. Convert it.",
        CONVERT,
    ),
    "encoding_other": Kind(
        "error",
        "The file is not UTF-8 from line {line}, byte {byte} on. It looks like {encoding}: "
        "convert it and look at the differences.",
        CONVERT,
    ),
    "invalid_utf8": Kind(
        "error",
        "{n} byte{s} {are} not valid UTF-8, the first in line {line}, byte {byte}. Save the file "
        "as UTF-8, or replace these bytes.",
        REPLACE_BYTES,
    ),
    "name_and_content_differ": Kind(
        "advice", "The file is named {name}, and its content is {form}. It is read as {form}."
    ),
    "nul_character": Kind(
        "error",
        "A NUL character (U+0000) is in {rows}. No text has one: remove it.",
        REMOVE_NUL,
        (LEAVE_OUT,),
    ),
    "giant_row": Kind(
        "error",
        "More than {limit} in {rows}. No model reads that much at once: divide the text, or "
        "leave it out.",
        LEAVE_OUT,
    ),
    "too_many_rows": Kind(
        "error", "The file has more than {limit} rows. Divide it, or leave examples out."
    ),
}

_FORM: dict[str, Kind] = {
    "row_not_json": Kind(
        "error",
        "No valid JSON in {rows}, the first in line {line}: {reason}. Correct it, or leave it out.",
        LEAVE_OUT,
    ),
    "row_not_object": Kind(
        "error",
        'No JSON object in {rows}. Write each as {{"prompt": "…", "completion": "…"}}, '
        "or leave it out.",
        LEAVE_OUT,
    ),
    "duplicate_keys": Kind(
        "error",
        "A key is there twice in {rows}: {keys}. Keep one of them, or leave the rows out.",
        LEAVE_OUT,
    ),
    "not_a_number": Kind(
        "error",
        "NaN or Infinity without quotes in {rows}. JSON has no such value: write it in quotes.",
        LEAVE_OUT,
    ),
    "nested_value": Kind(
        "error",
        "A list or an object where a text should be in {rows}: {keys}. Write a text.",
        LEAVE_OUT,
    ),
    "half_character": Kind(
        "error",
        "Half of a character (a lone surrogate) in {rows}. Write the whole one, or leave the "
        "rows out.",
        LEAVE_OUT,
    ),
    "fields_missing": Kind(
        "error",
        "No prompt and completion, no text and no messages in {rows}, but {keys}. Rename the "
        "fields.",
        LEAVE_OUT,
    ),
    "fields_of_other_names": Kind(
        "error",
        "The fields of {rows} are named {keys}. They must be named prompt and completion.",
        RENAME_FIELDS,
        (LEAVE_OUT,),
    ),
    "extra_fields": Kind("advice", "Fields that are not read: {keys}. They are left aside."),
    "values_not_text": Kind(
        "advice", "Numbers or truth values in {rows} are read as texts, as they are written."
    ),
    "messages_malformed": Kind(
        "error",
        "Messages that are not of OpenAI's form in {rows}. Each needs a role (system, user or "
        "assistant) and a content.",
        LEAVE_OUT,
    ),
    "messages_without_answer": Kind(
        "error",
        "The last message is not the assistant's in {rows}, so there is nothing to learn.",
        LEAVE_OUT,
    ),
    "json_broken": Kind(
        "error",
        "The JSON is not valid in line {line}, byte {byte}: {reason}. Nothing after it is "
        "read. Correct it there.",
    ),
    "json_giant_value": Kind(
        "error",
        "A value of more than {limit} begins in line {line}. Nothing after it is read: divide it, "
        "or leave it out.",
    ),
    "json_not_a_list": Kind(
        "error",
        "The file is one JSON value and no list of examples. Write a list, or one object a line.",
    ),
    "unclosed_quote": Kind(
        "error", "A quote is opened and not closed in {rows}. Close it, or double it.", LEAVE_OUT
    ),
    "table_row_broken": Kind(
        "error",
        "Quotes that make no sense in {rows}, the first in line {line}. Inside a quoted cell a "
        "quote is written twice.",
        LEAVE_OUT,
    ),
    "too_many_cells": Kind(
        "error",
        "More cells than the header has in {rows}. Put texts with a separator of cells in quotes.",
        LEAVE_OUT,
    ),
    "too_few_cells": Kind(
        "error", "Fewer cells than needed in {rows}. Complete them, or leave them out.", LEAVE_OUT
    ),
    "columns_of_other_names": Kind(
        "error",
        "The columns are named {keys}. They must be named prompt and completion.",
        RENAME_FIELDS,
    ),
    "columns_unnamed": Kind(
        "error",
        "No column is named prompt, completion or text. Write the names in the first line.",
        NAME_COLUMNS,
    ),
    "columns_unknown": Kind(
        "error",
        "The columns are named {keys}. Name those with the texts prompt and completion.",
    ),
    "columns_doubled": Kind("error", "Two columns have the same name: {keys}. Rename one of them."),
    "formula_cells": Kind(
        "advice",
        "{rows} {have} a cell that a spreadsheet would run as a formula. They are kept as text; "
        "take care where you open the file.",
    ),
}

_SEPARATORS: dict[str, Kind] = {
    "separator_missing": Kind(
        "error",
        "No <|endoftext|> in the file, so it is not known where an example ends. Write it at "
        "the end of each.",
    ),
    "separator_missing_lines": Kind(
        "error",
        "No <|endoftext|> in the file, so it is not known where an example ends. If each line "
        "is an example, say so.",
        SEPARATE_LINES,
    ),
    "separator_other": Kind(
        "error",
        "No <|endoftext|> in the file, but {separator} between {n} texts. If it ends an "
        "example, replace it.",
        REPLACE_SEPARATOR,
        (SEPARATE_LINES,),
    ),
    "separator_missing_at_end": Kind(
        "advice",
        "The last example has no separator. It is read as if it had one.",
        NORMALISE_SEPARATORS,
    ),
    "separator_at_beginning": Kind(
        "advice",
        "The file begins with a separator. It is passed over.",
        NORMALISE_SEPARATORS,
    ),
    "separator_doubled": Kind(
        "warning",
        "{n} times there is nothing between two separators. No example is made of it.",
        NORMALISE_SEPARATORS,
    ),
    "separator_spelling": Kind(
        "advice",
        "{n} separator{s} {are} written in another way than <|endoftext|>, such as {separator}. "
        "Read as separators all the same.",
        NORMALISE_SEPARATORS,
    ),
    "separator_in_field": Kind(
        "error",
        "<|endoftext|> is inside a text in {rows}. The model would learn to stop there: remove "
        "it, or leave the rows out.",
        REMOVE_SEPARATORS,
        (LEAVE_OUT,),
    ),
    "separator_at_field_end": Kind(
        "advice",
        "<|endoftext|> is at the end of the completion in {rows}. It is added in training "
        "anyway, and is there once.",
        REMOVE_SEPARATORS,
    ),
    "marker_found": Kind(
        "advice",
        "Each text is divided after “{marker}”: up to there it is the prompt, and what follows "
        "is learnt.",
        LEARN_WHOLE_TEXT,
    ),
    "marker_missing": Kind(
        "warning",
        "Nearly all texts have “{marker}” between prompt and completion, but not {rows}. All of "
        "these is learnt. Add the marker.",
        LEARN_WHOLE_TEXT,
    ),
}

_ROWS: dict[str, Kind] = {
    "no_rows": Kind("error", "No example can be used. Mend what is named here first."),
    "too_few_rows": Kind(
        "warning",
        "The file has {usable}. At least 100 are needed for a model that is right on what it "
        "has not seen: add some.",
    ),
    "nothing_to_learn": Kind(
        "error", "No row has a token to learn. Completions must have text, and fit the model."
    ),
    "empty_completion": Kind(
        "error",
        "The completion is empty in {rows}: there is nothing to learn. Write one, or leave the "
        "rows out.",
        LEAVE_OUT,
    ),
    "empty_prompt": Kind(
        "warning", "The prompt is empty in {rows}, and others have one. Write it."
    ),
    "prompt_too_long": Kind(
        "error",
        "{rows} {are} too long: with the separator at most {limit} tokens fit, and the longest has "
        "{longest}. Cut the beginning of the prompt (the completion stays whole), or leave them "
        "out.",
        CUT_PROMPTS,
        (LEAVE_OUT,),
    ),
    "completion_too_long": Kind(
        "error",
        "{rows} {have} a completion that alone is too long: with the separator at most {limit} "
        "tokens fit, and the longest has {longest}. Divide them, or leave them out.",
        LEAVE_OUT,
    ),
    "exact_duplicates": Kind(
        "warning",
        "{rows} {are} the same as one before. Each is learnt twice: remove them.",
        REMOVE_DUPLICATES,
    ),
    "near_duplicates": Kind(
        "advice",
        "{rows} {are} nearly the same as one before (case, spaces, numbers or a few words differ).",
        REMOVE_NEAR_DUPLICATES,
    ),
    "conflicting_completions": Kind(
        "warning",
        "{rows} {have} the prompt of another row and a different completion. Decide for one, "
        "unless several answers are right.",
    ),
    "prompts_without_marker": Kind(
        "warning",
        "The prompts do not all end alike, so that the model cannot see where they end. End all "
        "in one marker.",
        ADD_MARKER,
    ),
    "prompt_prefix": Kind(
        "advice",
        "All prompts begin with “{prefix}”. It teaches nothing and costs tokens: remove it.",
        REMOVE_PROMPT_PREFIX,
    ),
    "completion_prefix": Kind(
        "advice",
        "All completions begin with “{prefix}”. It costs tokens in each answer: remove it, or "
        "move it to the prompts.",
        REMOVE_COMPLETION_PREFIX,
    ),
    "completion_without_space": Kind(
        "advice",
        "No space between prompt and completion in {rows}. The model's tokens begin with the "
        "space before a word: begin completions with one.",
        ADD_SPACE,
    ),
    "prompt_ends_with_space": Kind(
        "warning",
        "A space at the end of the prompt in {rows}. It belongs to the beginning of the "
        "completion.",
        MOVE_SPACE,
    ),
    "upper_case": Kind(
        "advice", "{rows} {are} mostly in capitals. The model knows ordinary writing better."
    ),
}

_CLASSES: dict[str, Kind] = {
    "classes_imbalanced": Kind(
        "warning",
        "The label “{most}” has {most_rows} and “{least}” {least_rows}. Add examples of the "
        "rare labels.",
    ),
    "label_of_several_tokens": Kind(
        "advice",
        "{n} label{s} {have} more than one token: {labels}. Labels of one token are learnt faster.",
    ),
    "label_seen_once": Kind(
        "warning", "{n} label{s} {are} there once: {labels}. Add examples, or join labels."
    ),
    "labels_alike": Kind(
        "warning", "Labels that differ in case or spaces alone: {labels}. Write them alike."
    ),
    "one_label": Kind(
        "warning", "All completions are “{label}”. The model learns to say it always."
    ),
}

CODES: dict[str, Kind] = {**_FILE, **_FORM, **_SEPARATORS, **_ROWS, **_CLASSES}

__all__ = ["CODES", "FIX_TITLES", "Kind"]
