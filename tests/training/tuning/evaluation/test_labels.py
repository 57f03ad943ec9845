"""Labels, the prompt without its message, and fair ways to choose."""

import torch

from tests.training.tuning.evaluation.tiny import make_base
from workers.training.tuning.evaluation.labels import (
    Scored,
    best_way,
    choices,
    find_labels,
    prompt_without_message,
)


def test_labels_are_the_different_completions_with_their_end() -> None:
    base = make_base()

    found = find_labels(base, [" up", " down", " up", "up"])

    assert found.texts == (" down", " up")
    assert found.names == ["down", "up"]
    assert [ids[-1] for ids in found.ids] == [base.end_of_text] * 2
    assert found.longest == len(" down") + 1


def test_the_prompt_without_its_message_is_what_all_prompts_share() -> None:
    prompts = ["Email: one thing Topic:", "Email: another Topic:", "Email:  Topic:"]

    assert prompt_without_message(prompts) == "Email:  Topic:"
    assert prompt_without_message(["aa", "aaa"]) == "aa"
    assert prompt_without_message(["one", "two"]) == ""


def test_a_label_that_is_likely_without_any_message_loses_its_lead() -> None:
    scores = torch.tensor([[-1.0, -2.0], [-1.0, -4.0]])
    scored = Scored(scores, prior=torch.tensor([-0.5, -3.0]), tokens=torch.tensor([2.0, 2.0]))

    assert choices(scored, "whole") == [0, 0]
    assert choices(scored, "prior") == [1, 0]
    assert choices(scored, "batch") == [1, 0]


def test_a_long_label_is_not_punished_for_its_length() -> None:
    scores = torch.tensor([[-2.0, -3.0]])
    scored = Scored(scores, prior=torch.zeros(2), tokens=torch.tensor([2.0, 4.0]))

    assert choices(scored, "mean") == [1]


def test_the_base_is_given_the_way_that_is_right_most_often() -> None:
    scores = torch.tensor([[-1.0, -2.0], [-1.0, -4.0]])
    scored = Scored(scores, prior=torch.tensor([-0.5, -3.0]), tokens=torch.tensor([2.0, 2.0]))

    assert best_way(scored, [1, 0]) == "prior"
    assert best_way(scored, [0, 0]) == "whole"
