"""The loss curve as a picture: ``python -m tools.demo_model.training.curve``.

A small SVG of our own, readable on light and dark backgrounds: its colours follow the reader's
scheme, and it has no background.
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.demo_model.paths import DEMO
from workers.training.journal import read_log

_WIDTH, _HEIGHT = 640, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 16, 48
_LEVELS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #57606a; }
  .grid { stroke: #8c959f; stroke-opacity: .3; }
  .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
  .training { stroke: #0969da; } text.training { fill: #0969da; stroke: none; }
  .held-out { stroke: #bc4c00; } text.held-out { fill: #bc4c00; stroke: none; }
  @media (prefers-color-scheme: dark) {
    text { fill: #9ea7b3; }
    .training { stroke: #58a6ff; } text.training { fill: #58a6ff; }
    .held-out { stroke: #f0883e; } text.held-out { fill: #f0883e; }
  }
"""

Points = Sequence[tuple[float, float]]


def points(log: Sequence[dict[str, Any]]) -> tuple[Points, Points]:
    """(million tokens, loss) of the training text, and of held-out answers where measured."""
    training = [(line["tokens"] / 1e6, line["loss"]) for line in log]
    held_out = [
        (line["tokens"] / 1e6, sum(line["validation"].values()) / len(line["validation"]))
        for line in log
        if line.get("validation")
    ]
    return training, held_out


def picture(training: Points, held_out: Points) -> str:
    """The SVG; the loss axis is logarithmic."""
    losses = [loss for _, loss in (*training, *held_out)]
    low = max(level for level in _LEVELS if level <= min(losses) or level == _LEVELS[0])
    high = min(level for level in _LEVELS if level >= max(losses) or level == _LEVELS[-1])
    last = max(tokens for tokens, _ in training)

    def x(tokens: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * tokens / last

    def y(loss: float) -> float:
        share = math.log(max(loss, low) / low) / math.log(high / low)
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * share

    def line(kind: str, along: Points) -> str:
        places = " ".join(f"{x(tokens):.1f},{y(loss):.1f}" for tokens, loss in along)
        return f'<polyline class="line {kind}" points="{places}"/>'

    right, floor = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    for level in _LEVELS:
        if low <= level <= high:
            parts.append(_rule(_LEFT, right, y(level), y(level)))
            parts.append(_text(_LEFT - 8, y(level) + 4, "end", f"{level:g}"))
    step = tick(last)
    for number in range(int(last / step) + 1):
        at = x(number * step)
        parts.append(_rule(at, at, floor, floor + 4))
        parts.append(_text(at, floor + 18, "middle", f"{number * step:g}"))
    parts.append(_text((_LEFT + right) / 2, _HEIGHT - 10, "middle", "million tokens read"))
    parts.append(f'<g transform="translate(14 {(_TOP + floor) / 2:g}) rotate(-90)">')
    parts.append(_text(0, 0, "middle", "loss, nats a token") + "</g>")
    parts.append(line("training", training))
    parts.append(_text(right - 8, _TOP + 16, "end", "training text", "training"))
    if held_out:
        parts.append(line("held-out", held_out))
        parts.append(_text(right - 8, _TOP + 34, "end", "held-out answers", "held-out"))
    inner = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="The loss by tokens read">\n<style>{_STYLE}</style>\n{inner}\n</svg>\n'
    )


def _rule(x1: float, x2: float, y1: float, y2: float) -> str:
    return f'<line class="grid" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, anchor: str, says: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{says}</text>'


def tick(last: float) -> float:
    """A round distance that fits five to ten times into ``last``, or nearly so."""
    unit: float = 10 ** math.floor(math.log10(last / 5))
    return unit * max(factor for factor in (1, 2, 5) if unit * factor <= last / 5 or factor == 1)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, default=DEMO / "log.jsonl")
    parser.add_argument("--out", type=Path, default=DEMO / "loss.svg")
    options = parser.parse_args()
    options.out.write_text(picture(*points(read_log(options.log))), encoding="utf-8")
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
