"""What is computed with a cache, side by side or in batches is what a plain pass gives."""

import pytest
import torch
from torch import Tensor
from transformers import GPTJConfig, GPTJForCausalLM

from tests.training.tuning.evaluation.tiny import END, SHAPE, make_network, rows_of, tokenizer
from workers.training.network import GPTJ
from workers.training.tuning.evaluation import labels as labels_module
from workers.training.tuning.evaluation.cached import hidden, read_prompts
from workers.training.tuning.evaluation.greedy import greedy
from workers.training.tuning.evaluation.labels import find_labels, score_labels
from workers.training.tuning.evaluation.losses import completion_losses

PROMPTS = [[5, 9, 200, 31, 7, 7, 90], [44], [3, 2, 1, 0, 77, 160, 161, 162, 163, 9, 8]]


@torch.no_grad()
def logprobs(network: GPTJ, ids: list[int]) -> Tensor:
    """Of the next token after each, (tokens, vocabulary), by one plain pass."""
    return network(torch.tensor([ids]))[0].log_softmax(-1)


def test_prompts_of_different_lengths_are_read_as_each_alone() -> None:
    network = make_network()

    with torch.no_grad():
        read = read_prompts(network, PROMPTS, more=0)
        alone = [network.hidden(torch.tensor([prompt]))[0, -1] for prompt in PROMPTS]

    torch.testing.assert_close(read.last, torch.stack(alone), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_a_text_in_pieces_is_the_text_at_once() -> None:
    network, more = make_network(), torch.tensor([[11, 12, 13], [14, 15, 16], [17, 18, 19]])
    read = read_prompts(network, PROMPTS, more=3)
    room = torch.arange(read.cache.room)
    positions = read.lengths[:, None] + torch.arange(3)

    states = hidden(
        network,
        read.cache,
        more,
        first=read.lengths,
        positions=positions,
        seen=room <= positions[:, :, None],
    )

    for row, prompt in enumerate(PROMPTS):
        whole = network.hidden(torch.tensor([[*prompt, *more[row].tolist()]]))[0, -3:]
        torch.testing.assert_close(states[row], whole, atol=1e-4, rtol=1e-4)


def test_greedy_text_is_the_likeliest_token_each_time() -> None:
    network = make_network(2)

    texts = greedy(network, PROMPTS, end=END, at_most=12, vocabulary=SHAPE.vocab_size)

    for prompt, text in zip(PROMPTS, texts, strict=True):
        assert len(text) == 12 or text[-1] == END
        likeliest = logprobs(network, [*prompt, *text[:-1]])[len(prompt) - 1 :].argmax(-1)
        assert text == likeliest.tolist()


def test_a_text_ends_with_its_end_and_others_go_on() -> None:
    network = make_network(2)
    free = greedy(network, PROMPTS, end=-1, at_most=12, vocabulary=SHAPE.vocab_size)
    end = free[0][4]

    texts = greedy(network, PROMPTS, end=end, at_most=12, vocabulary=SHAPE.vocab_size)

    assert texts[0] == free[0][: free[0].index(end) + 1]
    assert max(map(len, texts)) == 12


def test_rows_of_the_head_that_are_no_tokens_are_never_written() -> None:
    network = make_network(2)

    texts = greedy(network, PROMPTS, end=-1, at_most=12, vocabulary=40)

    assert max(token for text in texts for token in text) < 40


@pytest.mark.parametrize("logit_bytes", [0, 64 * 2**20])
def test_labels_side_by_side_score_as_each_alone(
    logit_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels_module, "LOGIT_BYTES", logit_bytes)
    network = make_network(3)
    found = find_labels([" up", " upper", " a", " up"], tokenizer(), end=END)

    scores = score_labels(network, PROMPTS, found)

    assert scores.shape == (3, 3)
    for row, prompt in enumerate(PROMPTS):
        for column, ids in enumerate(found.ids):
            after = logprobs(network, [*prompt, *ids[:-1]])[len(prompt) - 1 :]
            alone = after[range(len(ids)), list(ids)].sum()
            torch.testing.assert_close(scores[row, column], alone, atol=1e-3, rtol=1e-4)


def test_losses_are_those_of_transformers() -> None:
    network = make_network(4)
    rows = rows_of([("M: a T:", " up"), ("", "text without a prompt"), ("M: bbb T:", " down")])
    oracle = GPTJForCausalLM(GPTJConfig(**SHAPE.hf_config(end_of_text=END))).float().eval()
    oracle.load_state_dict(network.state_dict())

    losses = completion_losses(network, rows)

    for row, loss in zip(rows, losses, strict=True):
        labels = [-100] * len(row.prompt_ids) + row.completion_ids
        with torch.no_grad():
            mean = oracle(torch.tensor([row.ids]), labels=torch.tensor([labels])).loss
        assert loss.tokens == len(row.completion_ids) - (not row.prompt_ids)
        assert loss.loss / loss.tokens == pytest.approx(float(mean), rel=1e-4)
