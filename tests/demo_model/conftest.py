"""Fixtures for the tests of the demo model."""

import pytest
from tokenizers import Tokenizer

from tools.demo_model.corpus.stream import training_document
from tools.demo_model.training.tokenizer import train_tokenizer


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    """A small one, of 400 tokens."""
    documents = [training_document(1, index).text for index in range(60)]
    return train_tokenizer(documents, vocab_size=400)
