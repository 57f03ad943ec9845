"""The models' tokenizers, without torch: counting, encoding, splitting."""

from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.implementations import ByteLevelBPETokenizer

from playground.checkpoints.files import tokenizer_folder
from playground.checkpoints.registry import ModelSpec
from playground.core.errors import ModelNotReady


class TextTokenizer:
    """Text to token ids of one model. Special tokens in text are read as such."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def encode(self, text: str) -> list[int]:
        """The token ids of ``text``; nothing is added around it."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def starts(self, text: str) -> list[int]:
        """Where each token of ``text`` begins, in characters."""
        return [
            start for start, _ in self._tokenizer.encode(text, add_special_tokens=False).offsets
        ]

    def text_of(self, token: int) -> str:
        """One token by itself; "\ufffd" stands for a part of a character."""
        return str(self._tokenizer.decode([token], skip_special_tokens=False))

    def count(self, text: str) -> int:
        """How many tokens ``text`` has."""
        return len(self._tokenizer.encode(text, add_special_tokens=False))


def tokenizer_for(spec: ModelSpec) -> TextTokenizer:
    """The model's tokenizer, read once and again when its file changes."""
    folder = tokenizer_folder(spec)
    file = folder / "tokenizer.json"
    if not file.is_file():
        file = folder / "vocab.json"
    if not file.is_file():
        raise ModelNotReady(
            f"Model “{spec.name}” is not ready: there is no tokenizer.json in {folder}."
        )
    return _load(spec.name, file, file.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _load(name: str, file: Path, _modified: int) -> TextTokenizer:
    try:
        if file.name == "tokenizer.json":
            return TextTokenizer(Tokenizer.from_file(str(file)))
        pair = ByteLevelBPETokenizer.from_file(str(file), str(file.parent / "merges.txt"))
        return TextTokenizer(pair._tokenizer)
    # The tokenizers library raises bare Exception for every malformed file.
    except Exception as error:
        raise ModelNotReady(
            f"Model “{name}” is not ready: its tokenizer {file} cannot be read ({error})."
        ) from error
