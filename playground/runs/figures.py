"""A run's figures in words: one way to write each, wherever people read them."""


def write_speed(tokens_per_second: float | None) -> str:
    """Tokens a second in two or three digits; "" when nothing was measured."""
    if not tokens_per_second:
        return ""
    return f"{tokens_per_second:.0f}" if tokens_per_second >= 10 else f"{tokens_per_second:.1f}"


def write_seconds(milliseconds: float | None) -> str:
    """Milliseconds as seconds; "" when nothing was measured."""
    return "" if milliseconds is None else f"{milliseconds / 1000:.2f}"


def write_place(ahead: int, wait_seconds: float | None) -> str:
    """A place in the queue and the wait that it means."""
    before = "next in line" if ahead == 0 else f"{ahead} run{'s' * (ahead > 1)} before this one"
    return f"{before}, about {max(1, round(wait_seconds))} s" if wait_seconds else before
