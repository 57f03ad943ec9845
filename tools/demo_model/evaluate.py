"""Held-out evaluation, greedy: ``python -m tools.demo_model.evaluate models/demo``.

Prints a line for each task: right answers of all, with a 95 % interval (Wilson).
The cases are those whose content the generator keeps from training.
"""

import argparse
import json
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from playground.prompts.formats import STOPS
from tools.demo_model import sql
from tools.demo_model.corpus import held_out_document
from tools.demo_model.documents import Document, Split
from tools.demo_model.network import END_OF_TEXT
from tools.demo_model.rows import same_rows

# An answer of the free page ends where the next example would begin.
_STOPS = {**STOPS, "free": ("\n\n",)}


class Answerer:
    """A checkpoint that answers prompts greedily, in fp32."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, padding_side="left", pad_token=END_OF_TEXT
        )
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    @torch.inference_mode()
    def answer(
        self, prompts: Sequence[str], *, stops: Sequence[str], max_tokens: int = 120
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


def cut(text: str, stops: Sequence[str]) -> str:
    """``text`` up to the first stop string that follows something visible."""
    text = text.lstrip("\n ")
    for stop in stops:
        text = text.split(stop)[0]
    return text.strip()


def is_right(document: Document, given: str) -> bool:
    """Whether an answer is right by its task's rule."""
    wanted = document.wanted.strip()
    if document.task == "sql":
        return same_rows(document.prompt, wanted, given)
    if document.check:
        return all(words in given for words in document.check)
    return given == wanted


def cells(wanted: str, given: str) -> tuple[int, int]:
    """Right cells and all cells of a table, row by row."""
    right = total = 0
    answer = given.split("\n")
    for index, row in enumerate(wanted.split("\n")):
        shown = answer[index].split("|") if index < len(answer) else []
        for place, cell in enumerate(row.split("|")[1:-1], start=1):
            total += 1
            right += place < len(shown) and shown[place].strip() == cell.strip()
    return right, total


def interval(right: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, share = 1.96, right / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return (middle - spread) / (1 + z * z / total), (middle + spread) / (1 + z * z / total)


def _unseen_sql(index: int) -> Document:
    return sql.document(
        random.Random(f"held-out:sql-unseen:{index}"), Split.HELD_OUT, unseen_tables=True
    )


def _cases(task: str) -> Callable[[int], Document]:
    return lambda index: held_out_document(task, index)


ROWS: dict[str, Callable[[int], Document]] = {
    "translation, exact": _cases("translation"),
    "SQL, right rows": _cases("sql"),
    "SQL, tables never seen": _unseen_sql,
    "question answering, exact": _cases("qa"),
    "table, every cell right": _cases("table"),
    "code explanation, exact": _cases("code"),
    "chat, facts in the reply": _cases("chat"),
    "free: labels, features named": _cases("free"),
}


def evaluate(
    folder: Path, *, count: int, only: str = "", batch: int = 20, show: int = 0
) -> dict[str, dict[str, float]]:
    """Figures by row; prints each as it is known, and ``show`` wrong answers of it."""
    answerer = Answerer(folder)
    figures: dict[str, dict[str, float]] = {}
    for name, make in ROWS.items():
        if only and not name.lower().startswith(only.lower()):
            continue
        documents = sorted((make(index) for index in range(count)), key=lambda d: len(d.prompt))
        right = cells_right = cells_all = 0
        wrong: list[tuple[Document, str]] = []
        for start in range(0, count, batch):
            part = documents[start : start + batch]
            answers = answerer.answer([d.prompt for d in part], stops=_STOPS[part[0].task])
            for document, given in zip(part, answers, strict=True):
                good = is_right(document, given)
                right += good
                if not good:
                    wrong.append((document, given))
                if document.task == "table":
                    done, total = cells(document.wanted.strip(), given)
                    cells_right, cells_all = cells_right + done, cells_all + total
        low, high = interval(right, count)
        figures[name] = {"right": right, "cases": count, "low": low, "high": high}
        print(f"{name:32} {right:4} of {count}   {low:6.1%} to {high:6.1%}", flush=True)
        if cells_all:
            print(f"{'table, cells':32} {cells_right:4} of {cells_all}", flush=True)
            figures["table, cells"] = {"right": cells_right, "cases": cells_all}
        for document, given in wrong[:show]:
            last = document.prompt.strip().split("\n\n")[-1]
            print(f"  {last}\n    wanted: {document.wanted.strip()}\n    given:  {given}")
    return figures


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
    figures = evaluate(options.folder, count=options.count, only=options.only, show=options.show)
    print(f"RESULT {json.dumps(figures)}")


if __name__ == "__main__":
    main()
