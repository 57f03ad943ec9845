"""The demo model's tokenizer."""

from tools.demo_model.training.tokenizer import train_tokenizer


def test_each_digit_is_a_token() -> None:
    tokenizer = train_tokenizer(["order 48213 of 2024"] * 50, vocab_size=400)

    tokens = tokenizer.encode("order 48213").tokens

    assert tokens[-5:] == list("48213")
    assert tokenizer.decode(tokenizer.encode("order 48213 é\n").ids) == "order 48213 é\n"
