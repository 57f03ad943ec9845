"""The model card states what was measured."""

import json
from pathlib import Path

import pytest

from tools.demo_model.card import (
    CardError,
    command,
    figures_table,
    fill_part,
    losses_table,
    newest_results,
)
from tools.demo_model.paths import DEMO
from tools.demo_model.training.curve import picture, points
from workers.training.journal import read_log

LOG = [
    {
        "step": step,
        "tokens": step * 7_500,
        "loss": 8.0 * 0.998**step,
        **({"validation": {"sql": 1.0, "qa": 0.5}} if step % 100 == 0 else {}),
    }
    for step in range(20, 2001, 20)
]
RESULTS = "# Title\n\nwords\n\n| | right |\n| - | -: |\n| SQL | 9 |\n\nwords\n\n| other |\n"


def test_the_cards_figures_are_the_newest_results() -> None:
    card = (DEMO / "README.md").read_text(encoding="utf-8")

    assert figures_table(newest_results().read_text(encoding="utf-8")) in card


def test_the_cards_curve_is_that_of_the_log() -> None:
    log = read_log(DEMO / "log.jsonl")
    card = (DEMO / "README.md").read_text(encoding="utf-8")
    run = json.loads((DEMO / "run.json").read_text(encoding="utf-8"))

    assert (DEMO / "loss.svg").read_text(encoding="utf-8") == picture(*points(log))
    assert losses_table(log) in card
    assert command(run) in card


def test_the_card_has_marks_for_every_figure() -> None:
    card = (DEMO / "README.md").read_text(encoding="utf-8")

    for part in ("figures", "losses", "command"):
        assert "measured" in fill_part(card, part, "measured")


def test_hand_written_text_stays() -> None:
    card = "before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter\n"

    made = fill_part(card, "figures", figures_table(RESULTS))

    assert made == (
        "before\n<!-- figures -->\n| | right |\n| - | -: |\n| SQL | 9 |\n"
        "<!-- end of figures -->\nafter\n"
    )


def test_a_card_without_its_marks_is_refused() -> None:
    with pytest.raises(CardError, match="figures"):
        fill_part("nothing", "figures", "x")


def test_without_results_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="bench-demo"):
        newest_results(tmp_path)


def test_the_table_of_losses_ends_with_the_last_step() -> None:
    table = losses_table(LOG).split("\n")

    assert 10 <= len(table) - 4 <= 12
    assert table[-1] == "| 2000 | 15.0 | 0.15 | 0.75 |"
