"""The committed checkpoint is complete, small, GPT-J, and right on the pages' default example."""

import hashlib
import json
from pathlib import Path

import pytest
import torch

from playground.prompts.formats import STOPS, Pair, translation_prompt
from tools.demo_model.evaluation.answerer import TransformersAnswerer

FOLDER = Path(__file__).parents[2] / "models" / "demo"


@pytest.fixture(scope="module")
def answerer() -> TransformersAnswerer:
    torch.set_num_threads(1)
    return TransformersAnswerer(FOLDER)


def test_every_file_has_its_hash() -> None:
    listed = dict(
        reversed(line.split("  ")) for line in (FOLDER / "SHA256SUMS").read_text().splitlines()
    )

    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest, name


def test_the_folder_is_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 20 * 2**20


def test_it_is_gpt_j_with_room_for_2048_positions() -> None:
    config = json.loads((FOLDER / "config.json").read_text())

    assert config["architectures"] == ["GPTJForCausalLM"]
    assert config["n_positions"] == 2048
    assert config["tie_word_embeddings"] is False


def test_it_translates_the_default_example(answerer: TransformersAnswerer) -> None:
    prompt = translation_prompt(
        examples=[
            Pair("Where is the station?", "Où est la gare ?"),
            Pair(
                "We would like two coffees, please.", "Nous voudrions deux cafés, s'il vous plaît."
            ),
            Pair(
                "The little girl is reading a book in the garden.",
                "La petite fille lit un livre dans le jardin.",
            ),
        ],
        sentence="My brother lives in a small house near the sea.",
    )

    answer = answerer.answer([prompt], stops=STOPS["translation"])

    assert answer == ["Mon frère habite dans une petite maison près de la mer."]


def test_a_prompt_gets_the_same_answer_beside_a_longer_one(answerer: TransformersAnswerer) -> None:
    short = translation_prompt(examples=[], sentence="Where are my keys?")
    long = translation_prompt(
        examples=[Pair("The dog sleeps.", "Le chien dort.")] * 5, sentence="The cat sleeps."
    )

    alone = answerer.answer([short], stops=STOPS["translation"])
    beside = answerer.answer([short, long], stops=STOPS["translation"])

    assert beside[0] == alone[0]
