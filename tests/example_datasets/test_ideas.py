"""The check of blog ideas passes the dataset itself, and nothing that is wrong."""

import pytest

from tools.example_datasets.fresh import dataset_rows
from tools.example_datasets.ideas import Judge

PROMPT = "Company: Otter Mill. Product: folding bicycles for people who change trains. Blog ideas:"


def test_all_rows_of_the_dataset_are_good() -> None:
    judge = Judge()

    found = [judge.judge(prompt, output) for prompt, output in dataset_rows("blog-ideas.txt")]

    assert all(ideas.listed and ideas.distinct for ideas in found)
    assert all(ideas.good for ideas in found)


SPRING, HILLS = "Your bicycle in spring: what changes", "Small habits against steep hills"


@pytest.mark.parametrize(
    "ideas, listed, distinct, of_trade",
    [
        (["Goodbye to flat tyres: a plan for one week", SPRING, HILLS], True, True, True),
        (["3 ways around flat tyres", "5 ways around steep hills", SPRING], True, False, True),
        (["Small habits against flat tyres", SPRING, HILLS], True, False, True),
        (["Goodbye to bitter tea: a plan for one week", SPRING, HILLS], True, True, False),
        (["Why commuters fall in love with local honey", SPRING, HILLS], True, True, False),
        (["How to choose a hat without regret", SPRING, HILLS], True, True, False),
        (["What our grandparents knew about flat tyres", SPRING, HILLS], True, True, True),
        (["Behind the scenes in autumn", SPRING, HILLS], True, True, True),
        ([SPRING, HILLS], False, False, False),
        ([], False, False, False),
    ],
)
def test_an_output_is_judged(
    ideas: list[str], listed: bool, distinct: bool, of_trade: bool
) -> None:
    output = " " + "; ".join(f"{n}) {idea}" for n, idea in enumerate(ideas, start=1))

    found = Judge().judge(PROMPT, output)

    assert (found.listed, found.distinct, found.of_trade) == (listed, distinct, of_trade)
    assert found.good is (listed and distinct and of_trade)
