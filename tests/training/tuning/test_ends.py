"""A tuned model ends its texts by itself: the end is learnt, and padding never is."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.support.starts import ROOT
from tests.training.tuning.jobs import Trainers, change_job, end_of, make_job, write_rows
from workers.training.tuning.adapters import load_adapter
from workers.training.tuning.base import Base, load_base
from workers.training.tuning.inference import generate_greedily
from workers.training.tuning.learner import Learner
from workers.training.tuning.options import TuningOptions
from workers.training.tuning.processes import Single
from workers.training.tuning.rows import Rows, read_rows

DEMO = ROOT / "models" / "demo"
# From 3 tokens to some 80, with the end of text.
ANSWERS = (
    " {0}",
    " It is {0}.",
    " The sum is {0}. One more than that would be {1}.",
    " We begin with the number before it and go one step up. That gives {0}, and we are done.",
    (
        " Take the first number. Put one thing more beside it. Now count all of the things again, "
        "from the first to the last, and say the last number that you counted. It is {0}, which is "
        "the answer. If you put one more thing there, then you would have {1} of them in all."
    ),
)
# What the prompt says of its answer.
FORMS = ("number", "sentence", "two sentences", "with the way", "with every step")


def row(number: int) -> dict[str, Any]:
    form = number % len(ANSWERS)
    completion = ANSWERS[form].format(number + 1, number + 2)
    prompt = f"Q: {number}+1? In the form: {FORMS[form]}. A:"
    return {"row": number, "line": number, "prompt": prompt, "completion": completion}


@pytest.fixture(scope="module")
def demo() -> Base:
    return load_base(DEMO)


@pytest.fixture
def rows(demo: Base, tmp_path: Path) -> Rows:
    write_rows(tmp_path / "rows", [row(number) for number in range(120)])
    return read_rows(tmp_path / "rows", demo, max_length=2048)


def labels_by_row(rows: Rows, demo: Base, *, packing: bool) -> Iterator[list[int]]:
    """The tokens that an epoch learns, of each row."""
    options = TuningOptions(str(DEMO), batch=8, packing=packing).resolved(demo.parameters)
    learner = Learner(
        load_base(DEMO),
        options,
        rows.encoded,
        processes=Single(torch.device("cpu")),
        precision="fp32",
    )
    batches = learner.batches()
    for _ in range(learner.steps_of_epoch):
        for batch in next(batches):
            row_of_label = batch.asked // batch.last_seen.shape[1]
            for number in range(len(batch.lengths)):
                yield batch.targets[row_of_label == number].tolist()


@pytest.mark.parametrize("packing", [True, False], ids=["packed", "padded"])
def test_the_labels_of_a_row_are_its_completion_and_one_end_of_text(
    packing: bool, rows: Rows, demo: Base
) -> None:
    # The end of text has the number that padding is made of.
    assert demo.end_of_text == 0
    lengths = [len(row.ids) - row.begin for row in rows.encoded]
    assert max(lengths) > 7 * min(lengths)

    labels = list(labels_by_row(rows, demo, packing=packing))

    assert sorted(labels) == sorted(list(row.ids[row.begin :]) for row in rows.encoded)
    assert {tuple(each).count(demo.end_of_text) for each in labels} == {1}
    assert {each[-1] for each in labels} == {demo.end_of_text}


def test_a_tuned_demo_model_ends_its_texts(tmp_path: Path, demo: Base, child: Trainers) -> None:
    folder = make_job(tmp_path / "job", DEMO)
    numbers = random.Random(1).sample(range(1000), 65)
    write_rows(folder / "train.jsonl", [row(number) for number in numbers[:40]])
    write_rows(folder / "held_out.jsonl", [row(number) for number in numbers[40:45]])
    # What suits the demo model, for all that was not chosen.
    options = dict.fromkeys(("rank", "rate", "epochs", "batch"))
    change_job(folder, **options, task="conditional", evaluate_every=1000, save_seconds=60)

    assert child.attempt(folder) == 0

    assert end_of(folder)["status"] == "succeeded"
    load_adapter(demo.network, folder / "result" / "adapter")
    prompts = [row(number)["prompt"] for number in numbers[45:]]
    texts = generate_greedily(demo, prompts, max_tokens=100)
    assert sum(text.ended for text in texts) >= 19, [text.text for text in texts]
    assert len({len(text.ids) for text in texts}) >= 3
