"""chrF++ is sacrebleu's, and says what computed it."""

import sacrebleu

from workers.training.tuning.evaluation.chrf import chrf, chrf_of_row

TEXTS = ["the cat sat on the mat", "no likeness", "same words in it"]
REFERENCES = ["the cat sat on a mat", "entirely different", "same words in it"]


def test_the_score_is_sacrebleus() -> None:
    oracle = sacrebleu.corpus_chrf(TEXTS, [REFERENCES], word_order=2)

    match = chrf(TEXTS, REFERENCES)

    assert match.figure.value == oracle.score
    assert 0 <= match.figure.low <= oracle.score <= match.figure.high <= 100
    assert chrf(TEXTS, REFERENCES) == match


def test_texts_of_which_some_have_nothing_of_their_references_have_an_interval() -> None:
    figure = chrf(["same words", "zzz"], ["same words", "entirely"]).figure

    assert 0 < figure.value < 100
    assert figure.low < figure.value < figure.high


def test_the_signature_names_orders_seed_and_version() -> None:
    signature = chrf(TEXTS, REFERENCES).signature

    assert "nc:6|nw:2" in signature
    assert f"version:{sacrebleu.__version__}" in signature


def test_a_row_has_a_score_of_its_own() -> None:
    assert chrf_of_row("same", "same") == 100
    assert chrf_of_row("same", "zzzz") == 0
