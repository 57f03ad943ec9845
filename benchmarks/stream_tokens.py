"""The tokens that both sides of the stream benchmark send: words of the usual length."""

_WORDS = (" the", " station", ",", " lighthouse", " is", " of", "ing", " water", ".", " and")
TOKENS = tuple(f'[{1000 + number},"{word}"]' for number, word in enumerate(_WORDS))


def token(position: int) -> str:
    """The token at ``position``, as JSON."""
    return TOKENS[position % len(TOKENS)]
