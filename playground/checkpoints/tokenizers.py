"""The models' tokenizers, without torch: counting, encoding, splitting.

There is one rule about special tokens, and everything that makes tokens of text (the gauge, the
worker, what is cut to fit) follows it by being made of `TextTokenizer`: see
docs/decisions/0038-special-tokens.md.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer

from playground.checkpoints.files import tokenizer_folder
from playground.checkpoints.registry import ModelSpec
from playground.checkpoints.tokenizer_files import END_OF_TEXT, files_of, read_tokenizer
from playground.core.errors import ModelNotReady
from playground.core.texts import plain_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """How many tokens a text has, and which of them it names: ``<|endoftext|>`` and the like,
    each once, in the order of the text."""

    count: int
    named: tuple[str, ...]


class TextTokenizer:
    """Text to token ids of one model. A special or added token's name in text is that token."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._named = {
            token_id: token.content
            for token_id, token in tokenizer.get_added_tokens_decoder().items()
        }

    def encode(self, text: str) -> list[int]:
        """The token ids of ``text``; nothing is added around it."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def starts(self, text: str) -> list[int]:
        """Where each token of ``text`` begins, in characters."""
        return [
            start for start, _ in self._tokenizer.encode(text, add_special_tokens=False).offsets
        ]

    def pieces(self, text: str) -> list[tuple[int, int, int]]:
        """(id, start, end) of each token of ``text``, in characters. Tokens that share a character
        have the same place."""
        found = self._tokenizer.encode(text, add_special_tokens=False)
        return [
            (token, start, end)
            for token, (start, end) in zip(found.ids, found.offsets, strict=True)
        ]

    def text_of(self, token: int) -> str:
        """One token by itself, as the engine gives it; "\ufffd" is a part of a character."""
        return plain_text(str(self._tokenizer.decode([token], skip_special_tokens=False)))

    def has_text(self, token: int) -> bool:
        """Whether a text can go on with the token: it is one, and no special one."""
        return token not in self._named and self._tokenizer.id_to_token(token) is not None

    def has(self, token: int) -> bool:
        """Whether it is a token, special ones among them."""
        return self._tokenizer.id_to_token(token) is not None

    def count(self, text: str) -> int:
        """How many tokens ``text`` has."""
        return len(self._tokenizer.encode(text, add_special_tokens=False))

    def count_all(self, texts: list[str]) -> list[int]:
        """How many tokens each of ``texts`` has; many at once are counted on all cores."""
        # Without offsets, which nobody reads here.
        found = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [len(one) for one in found]

    def tokens(self, text: str) -> Tokens:
        """How many tokens ``text`` has, and those that it names."""
        ids = self.encode(text)
        named = self._named
        found = dict.fromkeys(named[token_id] for token_id in ids if token_id in named)
        return Tokens(count=len(ids), named=tuple(found))


def tokenizer_for(spec: ModelSpec) -> TextTokenizer:
    """The model's tokenizer, read once and again when a file of it changes."""
    folder = tokenizer_folder(spec)
    try:
        found = _load(tuple((file, *_stamp(file)) for file in files_of(folder)))
    except ModelNotReady as error:
        found = error
    if isinstance(found, ModelNotReady):
        raise ModelNotReady(f"Model “{spec.name}” is not ready: {found.message}") from found
    return found


def _stamp(file: Path) -> tuple[int, int]:
    try:
        stat = file.stat()
    except OSError as error:
        raise ModelNotReady(f"{file} cannot be read: {error.strerror}.") from error
    return stat.st_mtime_ns, stat.st_size


# The error is cached too, or every page would read a malformed file again.
@lru_cache(maxsize=16)
def _load(files: tuple[tuple[Path, int, int], ...]) -> TextTokenizer | ModelNotReady:
    try:
        return TextTokenizer(read_tokenizer(tuple(file for file, _modified, _size in files)))
    except ModelNotReady as error:
        return error


__all__ = ["END_OF_TEXT", "TextTokenizer", "Tokens", "tokenizer_for"]
