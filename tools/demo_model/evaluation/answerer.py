"""A checkpoint asked through transformers, as a second opinion beside the engine that serves it."""

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from tools.demo_model.evaluation.scoring import (
    MAX_TOKENS,
    cut_at_stop,
)
from tools.demo_model.training.tokenizer import END_OF_TEXT


class TransformersAnswerer:
    """A checkpoint that answers prompts greedily, in fp32."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, padding_side="left", pad_token=END_OF_TEXT
        )
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    @torch.inference_mode()
    def answer(
        self, prompts: Sequence[str], *, stops: Sequence[str], max_tokens: int = MAX_TOKENS
    ) -> list[str]:
        """Completions, white space at the ends removed, cut before a stop string."""
        inputs = self.tokenizer(list(prompts), return_tensors="pt", padding=True)
        stopping = {"stop_strings": list(stops), "tokenizer": self.tokenizer} if stops else {}
        ids = self.model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            max_new_tokens=max_tokens,
            do_sample=False,
            pad_token_id=self.tokenizer.eos_token_id,
            **stopping,
        )
        new = ids[:, inputs["input_ids"].shape[1] :]
        texts = self.tokenizer.batch_decode(new, skip_special_tokens=True)
        return [cut_at_stop(text, stops) for text in texts]
