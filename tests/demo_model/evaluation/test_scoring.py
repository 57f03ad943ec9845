"""What counts as right, and that the served engine is asked the same as transformers."""

import dataclasses

import pytest
import torch

from benchmarks import demo
from tools.demo_model.corpus.documents import Document
from tools.demo_model.evaluation.answerer import TransformersAnswerer
from tools.demo_model.evaluation.scoring import (
    ANSWER_STOPS,
    ROWS,
    cells,
    cut_at_stop,
    interval,
    score_answers,
    select_rows,
)

TRANSLATION = Document(
    task="translation",
    text="English: The dog sleeps.\nFrench: Le chien dort.",
    answers=((32, 47),),
    question=32,
    key="The dog sleeps.",
)


def test_an_exact_answer_is_right_and_another_is_not() -> None:
    (row,) = select_rows("translation")

    made = score_answers(row, [TRANSLATION] * 2, ["Le chien dort.", "Le chat dort."])

    assert (made.right, made.total) == (1, 2)
    assert made.wrong == ((TRANSLATION, "Le chat dort."),)


def test_a_reply_needs_all_its_facts() -> None:
    (row,) = select_rows("chat")
    document = dataclasses.replace(TRANSLATION, task="chat", check=("48213", "5 days"))

    assert row.score(document, "Order 48213 comes within 5 days.") == (1, 1)
    assert row.score(document, "Order 48213 comes soon.") == (0, 1)


def test_cells_are_counted_at_their_place() -> None:
    wanted = "| Anna | 34 |\n| Tom | 52 |"

    assert cells(wanted, wanted) == (4, 4)
    assert cells(wanted, "| Anna | 35 |\n| Tom | 52 |") == (3, 4)
    assert cells(wanted, "| Anna | 34 |") == (2, 4)
    assert cells(wanted, "nothing") == (0, 4)


def test_the_interval_is_wilsons() -> None:
    assert interval(96, 100) == pytest.approx((0.9016, 0.9843), abs=1e-4)
    assert interval(0, 10)[0] == pytest.approx(0)


def test_an_answer_ends_at_its_stop_but_not_before_it_begins() -> None:
    assert cut_at_stop("\n| a |\n\nText:", ("\n\n",)) == "| a |"
    assert cut_at_stop(" Le chien.\nEnglish: x", ("\n",)) == "Le chien."


def test_every_row_says_what_counts_and_has_a_unique_name() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert all(row.says.endswith(".") for row in ROWS)


def test_the_engine_and_transformers_answer_alike() -> None:
    torch.set_num_threads(1)
    (row,) = select_rows("translation")
    prompts = [row.case(index).prompt for index in range(6)]
    stops = ANSWER_STOPS["translation"]

    served = demo.EngineAnswerer(demo.DEMO).answer(prompts, stops=stops)

    assert all(served)
    assert served == TransformersAnswerer(demo.DEMO).answer(prompts, stops=stops)
