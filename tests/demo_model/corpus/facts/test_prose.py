"""Plain passages and chats: whole sentences, replies on the topic."""

import random
import re

from playground.prompts.catalog import TEMPLATES
from tools.demo_model.corpus.documents import Split
from tools.demo_model.corpus.facts import chat, policies, prose
from tools.demo_model.corpus.facts.passages import passage


def test_passages_have_no_gaps_and_vary() -> None:
    made = [passage(random.Random(index)) for index in range(400)]

    assert len(set(made)) > 390
    for text in made:
        assert not re.search(r"[{}<>]|  |\ba [aeio]", text), text


def test_passages_have_no_labels() -> None:
    for index in range(400):
        text = passage(random.Random(index))

        labels = r"^(Message|Review|Topic|Sentiment|Text|Label|Company):"
        assert not re.search(labels, text, re.MULTILINE)


def test_a_passage_is_learnt_from_its_first_token() -> None:
    for index in range(60):
        document = prose.document(random.Random(index), Split.TRAIN)

        assert document.prompt == document.prompt.rstrip()
        assert document.answers[-1][1] == len(document.text)


def test_a_held_out_description_names_the_product_and_its_features() -> None:
    for index in range(40):
        document = prose.document(random.Random(index), Split.HELD_OUT)

        assert document.check
        assert all(words in document.wanted for words in document.check)


def test_a_reply_has_the_facts_that_its_check_needs() -> None:
    for index in range(400):
        document = chat.document(random.Random(index), Split.HELD_OUT)

        assert document.check
        assert all(words in document.wanted for words in document.check), document.text


def test_every_kind_of_policy_can_be_asked_about() -> None:
    facts = policies.facts_of(random.Random(1))

    assert len(facts) >= 22
    assert set(facts) == set(chat.QUESTIONS)


def test_a_reply_comes_from_the_setting_or_admits_that_it_does_not_know() -> None:
    for kind in chat.QUESTIONS:
        for index in range(20):
            scene = chat.Scene(random.Random(index), Split.TRAIN, item="lamp")
            told = policies.facts_of(scene.rng)
            scene.facts = {kind: told[kind]}
            said, answer, check = chat.question(scene)

            assert said
            assert "{" not in said + answer
            if "colleague" not in answer:
                assert check[0] in answer


def test_the_default_chat_is_one_that_the_grammar_can_make() -> None:
    setting = TEMPLATES["chat"].example["setting"]
    questions = {line for lines in chat.QUESTIONS.values() for line in lines}

    assert "Orders arrive within 3 to 5 days." in setting
    assert "When will my order arrive?" in questions
