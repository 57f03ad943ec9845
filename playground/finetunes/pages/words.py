"""Durations, sizes and shares in words."""

import math

# What a figure is while nobody knows it.
NOTHING = "–"  # noqa: RUF001


def duration(seconds: float) -> str:
    """About how long, in the two largest units that matter.

    >>> duration(47), duration(110), duration(3_700), duration(90_000)
    ('47 s', '1 min 50 s', '1 h 2 min', '25 h')
    """
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    if whole < 3_600:
        return f"{round(whole / 60)} min"
    hours, rest = divmod(round(whole / 60), 60)
    return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"


def size(count: float) -> str:
    """Bytes, in the unit that leaves a number people can read.

    >>> size(1_536), size(310 << 20), size(3 << 30)
    ('1.5 KiB', '310 MiB', '3 GiB')
    """
    for shift, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if count >= 1 << shift:
            value = count / (1 << shift)
            return f"{value:.0f} {unit}" if value >= 99.5 else f"{value:.3g} {unit}"
    return f"{count:.0f} bytes"


def format_number(value: float) -> str:
    """A number as people write it.

    >>> format_number(1e-7), format_number(0.05), format_number(2147483647)
    ('0.0000001', '0.05', '2,147,483,647')
    """
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.10f}".rstrip("0")


def share(value: float) -> str:
    """A share of 0 to 1 as a percentage.

    >>> share(0.918), share(1.0)
    ('91.8 %', '100 %')
    """
    return f"{100 * value:.1f} %".replace(".0 %", " %")


def number(value: float) -> str:
    """A figure in a few digits.

    >>> number(0.21437), number(1711.2), number(12.3456)
    ('0.214', '1,711', '12.35')
    """
    if not math.isfinite(value):
        return "not finite"
    if abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 10 else f"{value:.3f}"
