"""A count of tokens for tests that is fast and easy to foresee: one for each word."""


def words(texts: list[str]) -> list[int]:
    return [len(text.split()) for text in texts]
