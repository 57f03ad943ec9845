"""Findings about separators, rows and labels."""

from playground.datasets.checks.fix_codes import (
    ADD_MARKER,
    ADD_SPACE,
    CUT_PROMPTS,
    LEARN_WHOLE_TEXT,
    LEAVE_OUT,
    MOVE_SPACE,
    NORMALISE_SEPARATORS,
    REMOVE_COMPLETION_PREFIX,
    REMOVE_DUPLICATES,
    REMOVE_NEAR_DUPLICATES,
    REMOVE_PROMPT_PREFIX,
    REMOVE_SEPARATORS,
    REPLACE_SEPARATOR,
    SEPARATE_LINES,
)
from playground.datasets.checks.kinds import Kind

SEPARATORS: dict[str, Kind] = {
    "separator_missing": Kind(
        "error",
        "The file has no <|endoftext|>, so nothing shows where an example ends. Write it at "
        "the end of each example.",
    ),
    "separator_missing_lines": Kind(
        "error",
        "The file has no <|endoftext|>, so nothing shows where an example ends. If each line "
        "is one example, mark the lines as examples.",
        SEPARATE_LINES,
    ),
    "separator_other": Kind(
        "error",
        "The file has no <|endoftext|>, but {separator} between {n} texts. If that ends an "
        "example, replace it.",
        REPLACE_SEPARATOR,
        (SEPARATE_LINES,),
    ),
    "separator_missing_at_end": Kind(
        "advice",
        "The last example has no separator after it. It is read as if it had one.",
        NORMALISE_SEPARATORS,
    ),
    "separator_at_beginning": Kind(
        "advice",
        "The file begins with a separator. It is ignored.",
        NORMALISE_SEPARATORS,
    ),
    "separator_doubled": Kind(
        "warning",
        "{n} place{s} {have} two separators with nothing between them. No example is made of that.",
        NORMALISE_SEPARATORS,
    ),
    "separator_spelling": Kind(
        "advice",
        "{n} separator{s} {are} not written exactly as <|endoftext|> directly after the text,"
        " for example {separator}. They still count as separators.",
        NORMALISE_SEPARATORS,
    ),
    "separator_in_field": Kind(
        "error",
        "{rows} {have} <|endoftext|> inside a text, where the model would learn to stop. "
        "Remove it, or leave the row{s} out.",
        REMOVE_SEPARATORS,
        (LEAVE_OUT,),
    ),
    "separator_at_field_end": Kind(
        "advice",
        "{rows} {have} <|endoftext|> at the end of the completion. Training adds it anyway, "
        "so it counts once.",
        REMOVE_SEPARATORS,
    ),
    "marker_found": Kind(
        "advice",
        "Each text is divided after “{marker}”: the part up to there is the prompt, and the "
        "rest is learnt.",
        LEARN_WHOLE_TEXT,
    ),
    "marker_missing": Kind(
        "warning",
        "{rows} {do} not have “{marker}”, which divides the other texts into prompt and "
        "completion. All of the text is learnt there. Add the marker.",
        LEARN_WHOLE_TEXT,
    ),
}

ROWS: dict[str, Kind] = {
    "no_rows": Kind(
        "error",
        "The file has no example. Add at least one hundred.",
    ),
    "too_few_rows": Kind(
        "warning",
        "The file has {usable}. At least 100 are needed for good answers to what the model "
        "has not seen. Add more.",
    ),
    "nothing_to_learn": Kind(
        "error",
        "No row has a token to learn. Completions must have text and fit the model.",
    ),
    "empty_completion": Kind(
        "error",
        "{rows} {have} an empty completion, so there is nothing to learn. Write one, or leave"
        " the row{s} out.",
        LEAVE_OUT,
    ),
    "empty_prompt": Kind(
        "warning",
        "{rows} {have} an empty prompt, while others have one. Write the prompt.",
    ),
    "prompt_too_long": Kind(
        "error",
        "{rows} {are} too long. At most {limit} tokens fit, separator included; the longest "
        "has {longest}. Cut the beginning of the prompt (the completion stays whole), or "
        "leave the row{s} out.",
        CUT_PROMPTS,
        (LEAVE_OUT,),
    ),
    "completion_too_long": Kind(
        "error",
        "{rows} {have} a completion that is too long by itself. At most {limit} tokens fit, "
        "separator included; the longest row has {longest}. Divide the text, or leave the "
        "row{s} out.",
        LEAVE_OUT,
    ),
    "exact_duplicates": Kind(
        "warning",
        "{rows} exactly repeat{es} an earlier row. Repeats count double in training. Remove them.",
        REMOVE_DUPLICATES,
    ),
    "near_duplicates": Kind(
        "advice",
        "{rows} nearly repeat{es} an earlier row: only case, spaces, numbers or a few words "
        "differ.",
        REMOVE_NEAR_DUPLICATES,
    ),
    "conflicting_completions": Kind(
        "warning",
        "{rows} {have} the prompt of an earlier row and a different completion. Choose one, "
        "unless both are right.",
    ),
    "prompts_without_marker": Kind(
        "warning",
        "The prompts do not all end in the same way, so the model cannot see where a prompt "
        "ends. End all of them with the same marker.",
        ADD_MARKER,
    ),
    "prompt_prefix": Kind(
        "advice",
        "All prompts begin with “{prefix}”. That teaches nothing and costs tokens. Remove it.",
        REMOVE_PROMPT_PREFIX,
    ),
    "completion_prefix": Kind(
        "advice",
        "All completions begin with “{prefix}”. That costs tokens in each answer. Remove it, "
        "or move it to the prompts.",
        REMOVE_COMPLETION_PREFIX,
    ),
    "completion_without_space": Kind(
        "advice",
        "{rows} {have} no space between prompt and completion. The model's tokens include the"
        " space before a word, so begin completions with one.",
        ADD_SPACE,
    ),
    "prompt_ends_with_space": Kind(
        "warning",
        "{rows} {have} a space at the end of the prompt. Move it to the beginning of the "
        "completion.",
        MOVE_SPACE,
    ),
    "upper_case": Kind(
        "advice",
        "{rows} {are} mostly in capitals. The model knows normal writing better.",
    ),
}

CLASSES: dict[str, Kind] = {
    "classes_imbalanced": Kind(
        "warning",
        "The label “{most}” has {most_rows}, and “{least}” only {least_rows}. Add examples of"
        " the rare labels.",
    ),
    "label_of_several_tokens": Kind(
        "advice",
        "{n} label{s} {have} more than one token: {labels}. Labels of one token are easier to"
        " learn.",
    ),
    "label_seen_once": Kind(
        "warning",
        "{n} label{s} appear{es} only once: {labels}. Add examples, or merge labels.",
    ),
    "labels_alike": Kind(
        "warning",
        "Some labels differ only in case, spaces or a full stop: {labels}. Write them the "
        "same way.",
    ),
    "one_label": Kind(
        "warning",
        "All completions are “{label}”. The model will learn to say that always.",
    ),
}
