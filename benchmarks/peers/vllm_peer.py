"""vLLM, where it is installed: it pins other versions than ours, so nothing here installs it."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path


def vllm_is_there() -> bool:
    return importlib.util.find_spec("vllm") is not None


class VllmPeer:
    """Greedy, its own batching; ends of texts are not looked for."""

    def __init__(self, folder: Path, dtype: str) -> None:
        from vllm import LLM

        self._llm = LLM(
            model=str(folder), dtype=dtype, skip_tokenizer_init=True, enable_prefix_caching=False
        )

    def generate(self, prompts: Sequence[Sequence[int]], new_tokens: int) -> list[list[int]]:
        from vllm import SamplingParams

        params = SamplingParams(
            temperature=0.0, max_tokens=new_tokens, ignore_eos=True, detokenize=False
        )
        asked = [{"prompt_token_ids": list(prompt)} for prompt in prompts]
        found = self._llm.generate(asked, params, use_tqdm=False)
        return [list(result.outputs[0].token_ids) for result in found]
