"""Labels that are scored side by side behind a prompt get what each gets alone."""

import pytest
import torch
from torch import Tensor

from tests.training.tuning.evaluation.tiny import make_base
from workers.training.network import GPTJ
from workers.training.tuning.adapters import adapter_tensors, attach_adapter
from workers.training.tuning.evaluation import labels as labels_module
from workers.training.tuning.evaluation.labels import find_labels, score_labels
from workers.training.tuning.inference import encode_row, prompt_ids, score_completions

PROMPTS = ["one thing", "M", "a longer prompt than both"]


@torch.no_grad()
def logprobs(network: GPTJ, ids: list[int]) -> Tensor:
    """Of the next token after each, (tokens, vocabulary), by one plain pass."""
    return network(torch.tensor([ids]))[0].log_softmax(-1)


@pytest.mark.parametrize("logit_bytes", [0, 64 * 2**20])
@pytest.mark.parametrize("adapted", [False, True])
def test_labels_side_by_side_score_as_each_alone(
    logit_bytes: int, adapted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels_module, "LOGIT_BYTES", logit_bytes)
    base = make_base()
    if adapted:
        attach_adapter(base.network, rank=2, alpha=4, seed=1)
        for tensor in adapter_tensors(base.network).values():
            torch.nn.init.normal_(tensor, std=0.2)
    labels = find_labels(base, [" up", " upper", " a"])
    prompts = [prompt_ids(base, prompt) for prompt in PROMPTS]

    scores = score_labels(base.network, prompts, labels)

    assert scores.shape == (3, 3)
    for row, prompt in enumerate(prompts):
        for column, ids in enumerate(labels.ids):
            after = logprobs(base.network, [*prompt, *ids[:-1]])[len(prompt) - 1 :]
            alone = after[range(len(ids)), list(ids)].sum()
            torch.testing.assert_close(scores[row, column], alone, atol=1e-3, rtol=1e-4)


def test_a_label_is_as_likely_as_the_completion_that_it_is() -> None:
    base = make_base()
    labels = find_labels(base, [" up", " down"])
    rows = [encode_row(base, prompt, " up") for prompt in PROMPTS]

    scores = score_labels(base.network, [prompt_ids(base, prompt) for prompt in PROMPTS], labels)

    completions = [score.log_probability for score in score_completions(base, rows)]
    assert scores[:, labels.names.index("up")].tolist() == pytest.approx(completions, abs=1e-3)
