"""Numbers as people type them: with a point or a comma, "off", or thousands in groups."""

import re

from playground.core.errors import InvalidInput
from playground.runs.parameters import ParameterSpec

OFF = "off"
_GROUPED = re.compile(r"\s*[1-9]\d{0,2}(,\d{3})+\s*")
_PLAIN = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d{1,2})?")


def is_grouped(text: str) -> bool:
    """Whether the commas in ``text`` may part thousands: ``1,024``.

    >>> is_grouped("1,024"), is_grouped("0,5"), is_grouped("1,5")
    (True, False, False)
    """
    return _GROUPED.fullmatch(text) is not None


def read_number(spec: ParameterSpec, raw: str) -> float | int:
    """``raw`` as ``spec`` wants it; "off" is the value without effect. Raises `InvalidInput`.

    A comma is a decimal point, except in whole numbers, where it parts thousands.
    static/js/form/typed-number.js reads the same.
    """
    text = raw.strip()
    if text.lower() == OFF and spec.off is not None:
        return int(spec.off) if spec.whole else spec.off
    if spec.whole and is_grouped(text):
        text = text.replace(",", "")
    try:
        if not _PLAIN.fullmatch(text):
            raise ValueError
        return int(text) if spec.whole else float(text.replace(",", "."))
    except ValueError:
        kind = "a whole number" if spec.whole else "a number"
        raise InvalidInput(
            f"{spec.label} must be {kind} between {spec.minimum:g} and {spec.maximum:g}.",
            field=spec.name,
        ) from None
