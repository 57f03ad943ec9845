"""Scores and greedy text of many rows at once are those of each row alone."""

from pathlib import Path

import pytest
import torch

from workers.training.tuning.base import Base, load_base
from workers.training.tuning.inference import (
    encode_row,
    generate_greedily,
    prompt_ids,
    score_completions,
)

PROMPTS = ["", "a", "The sky is", "a" * 40, "Why? Because"]
MOST = 12


@pytest.fixture(scope="module")
def base(base_folder: Path) -> Base:
    return load_base(base_folder)


@torch.no_grad()
def test_scores_are_those_of_the_whole_text(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.training.tuning.inference.TOKENS_AT_ONCE", 40)
    monkeypatch.setattr("workers.training.tuning.inference.LOGITS_AT_ONCE", 264 * 4)
    rows = [encode_row(base, prompt, " blue") for prompt in PROMPTS]

    scores = score_completions(base, rows)

    for row, score in zip(rows, scores, strict=True):
        logits = base.network(torch.tensor([row.ids]))[0].log_softmax(-1)
        taken = [logits[n - 1, row.ids[n]].item() for n in range(row.begin, len(row.ids))]
        likeliest = [
            logits[n - 1].argmax().item() == row.ids[n] for n in range(row.begin, len(row.ids))
        ]
        assert score.log_probability == pytest.approx(sum(taken), abs=1e-3)
        assert score.tokens == len(taken) == 6
        assert score.is_greedy == all(likeliest)


@torch.no_grad()
def test_greedy_text_is_that_without_a_cache(base: Base) -> None:
    texts = generate_greedily(base, PROMPTS, max_tokens=MOST)

    for prompt, text in zip(PROMPTS, texts, strict=True):
        ids = prompt_ids(base, prompt)
        expected: list[int] = []
        for _ in range(MOST):
            token = int(base.network(torch.tensor([ids + expected]))[0, -1].argmax())
            if token == base.end_of_text:
                break
            expected.append(token)
        assert text.ids == expected
        assert text.ended == (len(expected) < MOST)


def test_each_row_has_one_end_of_text_to_learn(base: Base) -> None:
    row = encode_row(base, "Q: 1+1?", " 2")

    assert row.ids[row.begin :].count(base.end_of_text) == 1
    assert row.ids[-1] == base.end_of_text


def test_what_follows_an_empty_prompt_is_learnt_whole(base: Base) -> None:
    row = encode_row(base, "", "x")

    assert row.ids == [base.end_of_text, ord("x"), base.end_of_text]
    assert row.begin == 1
