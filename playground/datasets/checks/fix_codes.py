"""All fixes there are, by their stable codes."""

CONVERT = "convert_to_utf8"
REPLACE_BYTES = "replace_invalid_bytes"
REMOVE_NUL = "remove_nul"
NORMALISE_SEPARATORS = "normalise_separators"
REPLACE_SEPARATOR = "replace_separator"
SEPARATE_LINES = "separate_lines"
REMOVE_SEPARATORS = "remove_separators_in_fields"
LEARN_WHOLE_TEXT = "learn_whole_text"
RENAME_FIELDS = "rename_fields"
NAME_COLUMNS = "name_columns"
LEAVE_OUT = "leave_out_rows"
CUT_PROMPTS = "cut_prompt_heads"
REMOVE_DUPLICATES = "remove_duplicates"
REMOVE_NEAR_DUPLICATES = "remove_near_duplicates"
ADD_SPACE = "add_space"
MOVE_SPACE = "move_space"
ADD_MARKER = "add_marker"
REMOVE_PROMPT_PREFIX = "remove_prompt_prefix"
REMOVE_COMPLETION_PREFIX = "remove_completion_prefix"

# What a button says.
FIX_TITLES: dict[str, str] = {
    CONVERT: "Convert to UTF-8",
    REPLACE_BYTES: "Replace the invalid bytes",
    REMOVE_NUL: "Remove the NUL characters",
    NORMALISE_SEPARATORS: "Write all separators alike",
    REPLACE_SEPARATOR: "Replace the separator",
    SEPARATE_LINES: "Make each line an example",
    REMOVE_SEPARATORS: "Remove the separators inside",
    LEARN_WHOLE_TEXT: "Learn the whole texts",
    RENAME_FIELDS: "Rename the fields",
    NAME_COLUMNS: "Name the columns",
    LEAVE_OUT: "Leave these rows out",
    CUT_PROMPTS: "Cut the beginnings of the prompts",
    REMOVE_DUPLICATES: "Remove the duplicates",
    REMOVE_NEAR_DUPLICATES: "Remove the near duplicates",
    ADD_SPACE: "Begin completions with a space",
    MOVE_SPACE: "Move the spaces to the completions",
    ADD_MARKER: "End all prompts in “ ->”",
    REMOVE_PROMPT_PREFIX: "Remove the prefix",
    REMOVE_COMPLETION_PREFIX: "Remove the prefix",
}
