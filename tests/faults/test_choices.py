"""Several choices of one run: each keeps its text and tokens, whatever happens to the worker."""

import json
from typing import Any

from tokenizers import Tokenizer

from tests.faults.undisturbed import PROMPT
from tests.support.part import wait_until
from tests.support.stack import Stack
from tests.support.visitor import Visitor
from workers.engine.checkpoint.spec import CheckpointSpec
from workers.engine.engine import Engine
from workers.engine.request import Request, SamplingParams, TokenOutput

CHOICES = 4
SEED = 7
SETTINGS: dict[str, Any] = {"max_tokens": 60, "temperature": 1, "seed": SEED}


def run_of_choices(stack: Stack, visitor: Visitor, *, model: str) -> str:
    """A run with several texts. No page offers that yet, so the test changes a run that waits on
    a model without a worker, and sends it on."""
    run = visitor.run(PROMPT, model="unserved", **SETTINGS)
    stack.query(
        "UPDATE runs_run SET model = ?, n = ?, parameters = json_set(parameters, '$.n', ?) "
        "WHERE id = ?",
        *(model, CHOICES, CHOICES, run.replace("-", "")),
    )
    return run


def generate_alone(stack: Stack) -> list[tuple[list[int], str]]:
    """The ids and the text of each choice, from an engine that generates that choice alone."""
    engine = Engine.load(CheckpointSpec(folder=stack.checkpoint, dtype="float32", device="cpu"))
    tokenizer = Tokenizer.from_file(str(stack.checkpoint / "tokenizer.json"))
    ids = tuple(tokenizer.encode(PROMPT, add_special_tokens=False).ids)
    params = SamplingParams(max_tokens=SETTINGS["max_tokens"], temperature=1.0, seed=SEED)
    found = []
    for choice in range(CHOICES):
        engine.submit(Request(f"choice {choice}", ids, params, choice=choice))
        tokens: list[int] = []
        text = ""
        while engine.has_work:
            for output in engine.step():
                is_token = isinstance(output, TokenOutput)
                tokens += [output.token_id] if is_token else []
                text += output.text if is_token else output.tail
        found.append((tokens, text))
    return found


def choices_of_row(row: dict[str, Any]) -> list[tuple[list[int], str]]:
    """The ids and the text of each choice of the run's row."""
    first = {"tokens": row["tokens"], "text": row["text"]}
    return [
        ([token[0] for token in one["tokens"]], one["text"])
        for one in (first, *row["other_choices"])
    ]


def test_each_choice_equals_a_run_of_it_alone(stack: Stack, visitor: Visitor) -> None:
    run = run_of_choices(stack, visitor, model="demo")

    row = stack.wait_final(run)

    assert row["status"] == "succeeded"
    assert choices_of_row(row) == generate_alone(stack)
    assert len({text for _tokens, text in choices_of_row(row)}) == CHOICES
    assert row["completion_tokens"] == sum(len(tokens) for tokens, _text in choices_of_row(row))
    for one in (row, *row["other_choices"]):
        assert "".join(token[1] for token in one["tokens"]) == one["text"]


def test_each_choice_continues_from_its_own_log(stack: Stack, visitor: Visitor) -> None:
    run = run_of_choices(stack, visitor, model="slow")
    stack.wait_row(run, status="running")
    victim = stack.row(run)["worker"]
    with stack.redis() as client:

        def all_have_text() -> bool:
            return all(client.xlen(f"log:{run}:{choice}") > 10 for choice in range(CHOICES))

        wait_until(all_have_text, what="text of every choice", timeout=15)
        stack.kill(victim)
        before = {
            choice: [
                json.loads(entry[b"t"])[0] for _, entry in client.xrange(f"log:{run}:{choice}")
            ]
            for choice in range(CHOICES)
        }

    row = stack.wait_final(run)

    assert (row["status"], row["attempt"], row["epoch"]) == ("succeeded", 2, 1)
    assert choices_of_row(row) == generate_alone(stack)
    for choice, (tokens, _text) in enumerate(choices_of_row(row)):
        assert tokens[: len(before[choice])] == before[choice]


def test_a_stop_ends_all_choices_and_keeps_their_texts(stack: Stack, visitor: Visitor) -> None:
    run = run_of_choices(stack, visitor, model="slow")
    with stack.redis() as client:
        wait_until(
            lambda: all(client.xlen(f"log:{run}:{choice}") for choice in range(CHOICES)),
            what="text of every choice",
            timeout=15,
        )

    visitor.stop(run)

    row = stack.wait_final(run)
    assert row["status"] == "cancelled"
    assert [one["finish_reason"] for one in row["other_choices"]] == ["abort"] * (CHOICES - 1)
    for tokens, text in choices_of_row(row):
        assert 0 < len(tokens) < SETTINGS["max_tokens"]
        assert text
