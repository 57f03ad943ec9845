"""The default example of every page is right, and reads well each time: the first thing that a
new person sees."""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from playground.prompts.catalog import TEMPLATES
from playground.prompts.fitting import finished_prompt
from playground.prompts.form import default_form
from playground.prompts.tables import shown_table
from workers.engine.checkpoint.spec import CheckpointSpec
from workers.engine.engine import Engine
from workers.engine.request import Finish, Request, SamplingParams

FOLDER = Path(__file__).parents[2] / "models" / "demo"
SEEDS = range(1, 11)
PRODUCT = "The Solvik desk lamp"
FEATURES = ("warm light", "folding arm", "USB port")


def is_right_product(text: str) -> bool:
    """One description, in whole sentences, of this product with its three features."""
    one_paragraph = "\n" not in text.strip()
    return (
        one_paragraph
        and "Solvik desk lamp" in text
        and all(feature in text for feature in FEATURES)
        and text.strip().endswith(".")
    )


def is_right_reply(text: str) -> bool:
    """It names the order and how long it takes, and asks nothing that was said."""
    return "48213" in text and "3 to 5 days" in text and "\n" not in text.strip()


def is_right_answer(text: str) -> bool:
    return bool(re.fullmatch(r"[^\n]*rye bread with walnuts\.", text.strip()))


def is_right_translation(text: str) -> bool:
    return text.strip() == "Mon frère habite dans une petite maison près de la mer."


def is_right_table(text: str) -> bool:
    columns = ["Name", "Age", "Job", "City"]
    table = shown_table(iter(columns), text, width=4, most_rows=9, most_columns=9)
    return [list(row) for row in table.rows] == [
        ["Maria Lopez", "41", "teacher", "Madrid"],
        ["Daniel", "38", "engineer", "Dublin"],
    ]


def is_right_query(text: str) -> bool:
    """It runs, and gives each customer's name with their total."""
    database = sqlite3.connect(":memory:")
    database.executescript(
        """
        CREATE TABLE customers (id, name, city);
        CREATE TABLE orders (id, customer_id, product, price, ordered_on);
        INSERT INTO customers VALUES (1, 'Ann', 'Paris'), (2, 'Bo', 'Rome');
        INSERT INTO orders VALUES (1, 1, 'a', 3, ''), (2, 1, 'b', 4, ''), (3, 2, 'c', 5, '');
        """
    )
    try:
        rows = database.execute(text).fetchall()
    except sqlite3.Error:
        return False
    finally:
        database.close()
    return sorted(rows) == [("Ann", 7), ("Bo", 5)]


def is_right_explanation(text: str) -> bool:
    words = ("words", "limit", "number", "longer")
    return all(word in text for word in words) and text.strip().endswith(".")


RIGHT: dict[str, Callable[[str], bool]] = {
    "free": is_right_product,
    "chat": is_right_reply,
    "qa": is_right_answer,
    "translation": is_right_translation,
    "table": is_right_table,
    "sql": is_right_query,
    "code": is_right_explanation,
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(CheckpointSpec(FOLDER))


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(FOLDER / "tokenizer.json"))


def run_example(
    engine: Engine, tokenizer: Tokenizer, slug: str, *, temperature: float | None, seeds: range
) -> dict[int, tuple[str, str]]:
    """Text and finish reason of the page's example as the page runs it, by seed."""
    form = default_form(TEMPLATES[slug])
    given = form.parameters
    prompt = tokenizer.encode(finished_prompt(form).text, add_special_tokens=False)
    for seed in seeds:
        params = SamplingParams(
            max_tokens=given.max_tokens,
            temperature=given.temperature if temperature is None else temperature,
            top_p=given.top_p,
            top_k=given.top_k,
            min_p=given.min_p,
            stop=given.stop,
            seed=seed,
        )
        engine.submit(Request(str(seed), tuple(prompt.ids), params))
    texts, reasons = dict.fromkeys(seeds, ""), dict.fromkeys(seeds, "")
    while engine.has_work:
        for output in engine.step():
            seed = int(output.request_id)
            if isinstance(output, Finish):
                texts[seed] += output.tail
                reasons[seed] = output.reason
            else:
                texts[seed] += output.text
    return {seed: (texts[seed], reasons[seed]) for seed in seeds}


def test_every_page_has_a_check() -> None:
    assert set(RIGHT) == set(TEMPLATES)


@pytest.mark.parametrize("slug", TEMPLATES)
def test_the_example_is_right_by_the_likeliest_tokens(
    engine: Engine, tokenizer: Tokenizer, slug: str
) -> None:
    ((text, reason),) = run_example(
        engine, tokenizer, slug, temperature=0.0, seeds=range(1)
    ).values()

    assert RIGHT[slug](text), text
    assert reason == "stop"


@pytest.mark.parametrize("slug", TEMPLATES)
def test_the_example_reads_well_at_the_pages_own_temperature(
    engine: Engine, tokenizer: Tokenizer, slug: str
) -> None:
    found = run_example(engine, tokenizer, slug, temperature=None, seeds=SEEDS)

    poor = [text for text, reason in found.values() if reason != "stop" or not RIGHT[slug](text)]
    assert len(poor) <= 1, poor
