"""Biases of tokens: how they are written, and which tokens of a model they mean.

A bias that names a text is kept as that text, and becomes token ids only for the model that runs:
see docs/decisions/0061-token-bias.md.
"""

import json
import re

from playground.checkpoints.tokenizers import TextTokenizer
from playground.core.errors import InvalidInput
from playground.core.texts import plain_breaks
from playground.runs.parameters import MAX_BIAS, MAX_LOGIT_BIASES, Parameters

FIELD = "token_bias"
# A text is a string of JSON; a number is as people type it, with a point or a comma.
_LINE = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|id\s*(?P<id>\d{1,10}))\s*[=:]\s*'
    r"(?P<bias>[-+]?\d{1,3}(?:[.,]\d{1,6})?)\s*",
    re.IGNORECASE,
)


def read_token_biases(raw: str) -> tuple[dict[str, float], dict[int, float]]:
    """Biases by text and by token id, from one a line. Raises `InvalidInput`.

    >>> read_token_biases('" apple" = -5\\nid 12 = 2,5')
    ({' apple': -5.0}, {12: 2.5})
    """
    texts: dict[str, float] = {}
    ids: dict[int, float] = {}
    for number, line in enumerate(raw.split("\n"), start=1):
        if not line.strip():
            continue
        found = _LINE.fullmatch(line)
        text = _read_text(found["text"]) if found and found["text"] else None
        if found is None or text == "" or (text is None and found["id"] is None):
            raise _refuse(f'line {number} is not like " text" = -5 or id 1234 = -5.')
        bias = float(found["bias"].replace(",", "."))
        if not -MAX_BIAS <= bias <= MAX_BIAS:
            raise _refuse(f"line {number} has no number from {-MAX_BIAS} to {MAX_BIAS}.")
        if text is None:
            ids[int(found["id"])] = bias
        else:
            texts[text] = bias
    return texts, ids


def write_token_biases(parameters: Parameters) -> str:
    """The biases, one a line, as `read_token_biases` reads them; "" for none."""
    return "\n".join(f"{name} = {bias:g}" for name, bias in _named(parameters))


def tell_token_biases(parameters: Parameters) -> str:
    """The biases on one line, for people; "" for none."""
    return ", ".join(f"{name} {bias:+g}" for name, bias in _named(parameters))


def biases_of(parameters: Parameters, tokenizer: TextTokenizer) -> tuple[tuple[int, float], ...]:
    """The bias of each token id of the model. Raises `InvalidInput`.

    Each token of a text gets the text's bias. Of two that name the same token the later one counts,
    and a text counts before an id.
    """
    found = dict(parameters.logit_bias)
    for token in found:
        if not tokenizer.has(token):
            raise _refuse(f"this model has no token {token}. Remove it, or take another model.")
    for text, bias in parameters.token_bias:
        for token in tokenizer.encode(text):
            found[token] = bias
    if len(found) > MAX_LOGIT_BIASES:
        raise _refuse(f"it names {len(found)} tokens. At most {MAX_LOGIT_BIASES} are possible.")
    return tuple(found.items())


def _named(parameters: Parameters) -> list[tuple[str, float]]:
    texts = [(json.dumps(text, ensure_ascii=False), bias) for text, bias in parameters.token_bias]
    return texts + [(f"id {token}", bias) for token, bias in parameters.logit_bias]


def _read_text(quoted: str) -> str:
    try:
        # A tab may be typed as it is.
        return plain_breaks(str(json.loads(quoted, strict=False)))
    except ValueError:
        return ""


def _refuse(reason: str) -> InvalidInput:
    return InvalidInput(f"Token bias: {reason}", field=FIELD)
