"""The message about a text that is too long, and whether a prompt and its completion fit the model.

Both are here: the note beside the gauge and the refusal of a run have the same numbers and useful
advice.
"""

MAX_PROMPT_CHARACTERS = 65_536


def too_many_characters(label: str, count: int, *, limit: int) -> str:
    """The sentence about a text of ``count`` characters that may have ``limit``."""
    return f"{label} has {count:,} characters; the limit is {limit:,}. Shorten it."


def misfit(*, tokens: int, max_tokens: int, context: int) -> str:
    """What is wrong with a prompt of ``tokens`` and what helps; "" when it fits.

    context: the number of tokens that the model sees, prompt and completion together.
    """
    over = tokens + max_tokens - context
    if over <= 0:
        return ""
    room = context - tokens
    shorten = f"shorten the prompt by {_tokens(over)}"
    if room < 1:
        return (
            f"The prompt has {_tokens(tokens)}; the model sees {context:,}, the completion "
            f"included. For a completion of {max_tokens:,}, {shorten}."
        )
    return (
        f"The prompt has {_tokens(tokens)} and the maximum length is {max_tokens:,}; the model "
        f"sees {context:,} in all. Lower the maximum length to {room:,}, or {shorten}."
    )


def _tokens(count: int) -> str:
    return f"{count:,} token{'' if count == 1 else 's'}"
