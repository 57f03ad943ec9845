"""What the corpus says is true: SQL runs, functions do what the words say, French is right."""

import inspect
import random

import pytest

from tools.demo_model.corpus.code import explanations
from tools.demo_model.corpus.language.french import NOUNS, tidy
from tools.demo_model.corpus.language.verbs import french_verb
from tools.demo_model.corpus.stream import held_out_document, training_document
from tools.demo_model.evaluation.sql_rows import same_rows
from tools.demo_model.training.batches import batches, encode
from tools.demo_model.training.network import END_OF_TEXT
from tools.demo_model.training.tokenizer import train_tokenizer


def test_every_query_runs_on_its_schema() -> None:
    for index in range(400):
        document = held_out_document("sql", index)

        assert same_rows(document.prompt, document.wanted, document.wanted), document.text


def test_a_query_with_another_condition_gives_other_rows() -> None:
    prompt = "Tables:\nfilms(id, title, year)\n\nRequest: Films after 2000.\nSQL:"
    wanted = "SELECT title FROM films WHERE year > 2000;"

    assert same_rows(prompt, wanted, "SELECT films.title FROM films WHERE 2000 < year")
    assert not same_rows(prompt, wanted, "SELECT title FROM films WHERE year >= 2000;")
    assert not same_rows(prompt, wanted, "SELECT title FROM films;")
    assert not same_rows(prompt, wanted, "SELECT nothing FROM films;")


def test_the_order_counts_only_where_it_is_asked_for() -> None:
    prompt = "Tables:\nfilms(id, title, year)\n\nRequest: ...\nSQL:"

    assert same_rows(prompt, "SELECT * FROM films;", "SELECT * FROM films ORDER BY id DESC;")
    assert not same_rows(
        prompt, "SELECT * FROM films ORDER BY year;", "SELECT * FROM films ORDER BY year DESC;"
    )


def test_functions_do_what_their_explanations_say() -> None:
    for index in range(1500):
        made = explanations.function(random.Random(index))
        scope: dict = {}
        exec(made.source, scope)
        function = scope[made.name]
        if made.extra == "scalar":
            given = ["Anna and bob"] if made.texts else [7, 4]
            given = given[: len(inspect.signature(function).parameters)]
        else:
            texts = ["abba", "Cat", "dog", "LONG WORDS", "abba", "pear"]
            given = [texts if made.texts else [3, 8, 20, 55, 8, 101, 0, 18]]
            if made.extra:
                given.append("a" if made.extra == "prefix" else 4)

        assert function(*given) == made.expected(*given), made.source


@pytest.mark.parametrize(
    ("plain", "right"),
    [
        ("je aime le hôtel", "j'aime l'hôtel"),
        ("près de la mer", "près de la mer"),
        ("près de le lac", "près du lac"),
        ("loin de un arbre", "loin d'un arbre"),
        ("à côté de le hôpital", "à côté de l'hôpital"),
        ("à le marché", "au marché"),
        ("il ne a pas de amis", "il n'a pas d'amis"),
        ("parce que elle dort", "parce qu'elle dort"),
    ],
)
def test_french_elides_and_contracts(plain: str, right: str) -> None:
    assert tidy(plain) == right


def test_french_forms() -> None:
    assert french_verb("manger")[0][3] == "mangeons"
    assert french_verb("acheter") == (
        ("achète", "achètes", "achète", "achetons", "achetez", "achètent"),
        "acheté",
        "achèter",
    )
    plurals = {noun.en: noun.frs for nouns in NOUNS.values() for noun in nouns}
    assert plurals["horse"] == "chevaux"
    assert plurals["bird"] == "oiseaux"
    assert plurals["potato"] == "pommes de terre"
    assert plurals["mouse"] == "souris"


def test_the_loss_looks_at_every_answer_and_the_end() -> None:
    documents = [training_document(1, index) for index in range(40)]
    tokenizer = train_tokenizer([document.text for document in documents], vocab_size=600)
    end = tokenizer.token_to_id(END_OF_TEXT)

    for document, encoded in zip(documents, encode(documents, tokenizer), strict=True):
        answers = tokenizer.decode(
            [token for token, kept in zip(encoded.ids, encoded.answer, strict=True) if kept]
        )
        assert encoded.ids[-1] == end
        assert answers == "".join(document.text[start:stop] for start, stop in document.answers)


def test_digits_are_tokens_of_their_own() -> None:
    tokenizer = train_tokenizer(["order 48213 of 2024"] * 50, vocab_size=400)

    tokens = tokenizer.encode("order 48213").tokens

    assert tokens[-5:] == list("48213")
    assert tokenizer.decode(tokenizer.encode("order 48213 é\n").ids) == "order 48213 é\n"


def test_batches_of_a_step_are_the_same_again() -> None:
    documents = [training_document(1, index).text for index in range(60)]
    tokenizer = train_tokenizer(documents, vocab_size=600)

    first, again = (
        batches(seed=1, step=3, documents=12, parts=3, tokenizer=tokenizer) for _ in range(2)
    )

    assert len(first) >= 2
    for one, other in zip(first, again, strict=True):
        assert one.ids.equal(other.ids)
        assert one.places.equal(other.places)
        flat = one.ids.flatten()
        assert flat[one.places + 1].equal(one.targets)
