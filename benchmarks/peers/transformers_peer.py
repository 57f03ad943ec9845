"""transformers' `generate`: one by one, and as a static batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import GPTJForCausalLM
from transformers.utils import logging

# Its bars of progress would be between the tables.
logging.disable_progress_bar()


class TransformersPeer:
    """Greedy. Nothing ends a run early."""

    def __init__(self, folder: Path, dtype: torch.dtype, device: str = "cpu") -> None:
        model = GPTJForCausalLM.from_pretrained(folder, dtype=dtype)
        self.model = model.to(device).eval()

    def generate(
        self, prompts: Sequence[Sequence[int]], new_tokens: int, streamer: object = None
    ) -> list[list[int]]:
        """A static batch; the prompts must be of one length, so that nothing is padded."""
        ids = torch.tensor(prompts, device=self.model.device)
        with torch.inference_mode():
            found = self.model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=new_tokens,
                do_sample=False,
                eos_token_id=None,
                pad_token_id=0,
                streamer=streamer,
            )
        new: list[list[int]] = found[:, ids.shape[1] :].tolist()
        return new

    def one_by_one(self, prompts: Sequence[Sequence[int]], new_tokens: int) -> list[list[int]]:
        return [self.generate([prompt], new_tokens)[0] for prompt in prompts]

    def logprobs(self, ids: Sequence[int]) -> torch.Tensor:
        """fp32 [tokens, rows]: of the next token after each of `ids`, in one pass."""
        with torch.inference_mode():
            logits = self.model(torch.tensor([list(ids)], device=self.model.device)).logits
            return logits[0].float().log_softmax(dim=-1)
