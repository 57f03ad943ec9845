"""Held-out evaluation by transformers: ``python -m tools.demo_model.evaluate models/demo``.

A second opinion beside `make bench-demo`, which asks the engine that serves the
model: the same cases, the same rules. Greedy, fp32.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from tools.demo_model.evaluation.scoring import (
    ANSWER_STOPS,
    MOST_TOKENS,
    chosen,
    cut,
    figure,
    shown,
)
from tools.demo_model.training.tokenizer import END_OF_TEXT


class Answerer:
    """A checkpoint that answers prompts greedily, in fp32."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, padding_side="left", pad_token=END_OF_TEXT
        )
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    @torch.inference_mode()
    def answer(
        self, prompts: Sequence[str], *, stops: Sequence[str], max_tokens: int = MOST_TOKENS
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
        return [cut(text, stops) for text in texts]


def evaluate(
    folder: Path, *, count: int, only: str = "", batch: int = 20, show: int = 0
) -> dict[str, float]:
    """Shares by row; prints each as it is known, and ``show`` wrong answers of it."""
    answerer = Answerer(folder)
    shares: dict[str, float] = {}
    for row in chosen(only):
        # Of similar length in a batch: padding is computed too.
        documents = sorted((row.case(i) for i in range(count)), key=lambda d: len(d.prompt))
        answers: list[str] = []
        for start in range(0, count, batch):
            part = documents[start : start + batch]
            stops = ANSWER_STOPS[part[0].task]
            answers += answerer.answer([document.prompt for document in part], stops=stops)
        made = figure(row, documents, answers)
        low, high = made.interval
        print(f"{row.name:34} {made.right:4} of {made.total:4}   {low:6.1%} to {high:6.1%}")
        for document, given in made.wrong[:show]:
            print(shown(document, given))
        shares[row.name] = made.share
    return shares


def main() -> None:
    """Evaluate a folder and end with a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=100, help="cases a row")
    parser.add_argument("--only", default="", help="rows whose name begins so")
    parser.add_argument("--show", type=int, default=0, help="wrong answers to print for each row")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    shares = evaluate(options.folder, count=options.count, only=options.only, show=options.show)
    print(f"RESULT {json.dumps(shares)}")


if __name__ == "__main__":
    main()
