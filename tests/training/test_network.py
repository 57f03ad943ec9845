"""The trainer's network is GPT-J: transformers computes equal logits from its weights."""

import torch
from transformers import GPTJConfig, GPTJForCausalLM

from tests.training.tiny import SHAPE
from workers.training.network import GPTJ


@torch.inference_mode()
def test_transformers_gives_the_same_logits() -> None:
    torch.manual_seed(3)
    network = GPTJ(SHAPE)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    ids = torch.randint(0, SHAPE.vocab_size, (2, 100), generator=torch.Generator().manual_seed(1))

    oracle = GPTJForCausalLM(GPTJConfig(**SHAPE.hf_config(end_of_text=0)))
    oracle.load_state_dict(network.state_dict())

    logits = oracle.float().eval()(ids).logits
    torch.testing.assert_close(network(ids), logits, atol=2e-4, rtol=1e-4)
