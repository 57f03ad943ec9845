"""From token ids to visible text. No torch.

GPT-J's vocabulary is a byte-level BPE: each token is a string over an alphabet of 256 printable
characters that stand for the 256 bytes (GPT-2's `bytes_to_unicode`). `Vocabulary` knows the bytes
of each id; `TextStream` turns a growing list of ids into text, holding back what is not final yet.
The engine never returns text that another part of the system would change: see `plain_text`.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.engine.checkpoint.json_files import MAX_TOKENIZER_BYTES, is_whole, read_object
from workers.engine.errors import CheckpointCorrupt, CheckpointFileMissing, CheckpointUnsupported

END_OF_TEXT = "<|endoftext|>"
FILLER_PREFIX = "<|extratoken_"
# Ids are below it; no model has as many rows.
MAX_ID = 2**24


def plain_text(text: str) -> str:
    r"""``text`` with one representation everywhere: ``\n`` for every line break, U+FFFD for NUL.

    HTML, form fields and editors turn ``\r\n`` and ``\r`` into ``\n``. HTML drops NUL, and
    PostgreSQL refuses it. So a text with either would be another one in each place that holds it
    (docs/decisions/0040-text.md). `playground.core.texts` has the same rule for the web.

    >>> plain_text("a\r\nb\rc\0")
    'a\nb\nc\ufffd'
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def byte_alphabet() -> dict[str, int]:
    """Character -> byte of GPT-2's byte-level BPE.

    Printable Latin-1 bytes represent themselves; the others, in order, have U+0100 and up.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    alphabet = {chr(byte): byte for byte in printable}
    alphabet.update({chr(0x100 + rank): byte for rank, byte in enumerate(others)})
    return alphabet


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The bytes of each token.

    pieces: id -> bytes; ids that are no tokens (GPT-J's `<|extratoken_N|>`, holes) are absent.
    eos_id: the id that ends a run; it has no bytes.
    """

    pieces: Mapping[int, bytes]
    eos_id: int

    @property
    def size(self) -> int:
        """How many real tokens there are."""
        return len(self.pieces)

    def bytes_of(self, token_id: int) -> bytes:
        """Raises KeyError for an id that is no token."""
        return self.pieces[token_id]

    def filler_rows(self, rows: int) -> list[int]:
        """Those of the model's `rows` output rows that are no tokens and must never be chosen."""
        return [row for row in range(rows) if row not in self.pieces]

    @classmethod
    def from_tokens(cls, tokens: Mapping[str, int], added: Mapping[str, int]) -> Vocabulary:
        """From BPE tokens over the byte alphabet, and added tokens that are plain text."""
        alphabet = byte_alphabet()
        literal = dict(added)
        # GPT-2 files list the end of text among the BPE tokens, not among the added ones.
        if END_OF_TEXT in tokens:
            literal.setdefault(END_OF_TEXT, tokens[END_OF_TEXT])
        taken = {token_id: token for token, token_id in tokens.items()}
        for token, token_id in literal.items():
            if taken.setdefault(token_id, token) != token:
                raise CheckpointUnsupported(
                    f"The tokenizer's files give {token!r:.80} and {taken[token_id]!r:.80} the "
                    f"same id {token_id}."
                )
        if END_OF_TEXT not in literal:
            raise CheckpointUnsupported(f"The tokenizer has no {END_OF_TEXT} token.")
        pieces: dict[int, bytes] = {}
        for token, token_id in tokens.items():
            if token in literal or token.startswith(FILLER_PREFIX):
                continue
            try:
                pieces[token_id] = bytes(alphabet[character] for character in token)
            except KeyError as error:
                raise CheckpointUnsupported(
                    f"The tokenizer is no byte-level BPE: token {token!r:.80} holds "
                    f"{error.args[0]!r}."
                ) from error
        for token, token_id in literal.items():
            if not token.startswith(FILLER_PREFIX):
                pieces[token_id] = _literal(token)
        eos_id = literal[END_OF_TEXT]
        pieces[eos_id] = b""
        return cls(pieces=pieces, eos_id=eos_id)

    @classmethod
    def load(cls, folder: Path) -> Vocabulary:
        """From `tokenizer.json`, or else from `vocab.json` with `added_tokens.json` beside it."""
        whole = folder / "tokenizer.json"
        if whole.is_file():
            data = read_object(whole, at_most=MAX_TOKENIZER_BYTES)
            model = data.get("model")
            if not isinstance(model, dict) or not isinstance(model.get("vocab"), dict):
                raise CheckpointUnsupported(f"{whole} is no BPE tokenizer.", file=str(whole))
            return cls.from_tokens(_ids(model["vocab"], whole), _added(data, whole))
        vocabulary = folder / "vocab.json"
        if not vocabulary.is_file():
            raise CheckpointFileMissing(
                f"{folder} has neither tokenizer.json nor vocab.json. Copy the tokenizer's files "
                "beside the weights.",
                file=str(whole),
            )
        extra = folder / "added_tokens.json"
        added = _read_ids(extra) if extra.is_file() else {}
        return cls.from_tokens(_read_ids(vocabulary), added)


def _literal(token: str) -> bytes:
    try:
        return token.encode()
    except UnicodeEncodeError as error:
        raise CheckpointUnsupported(
            f"The tokenizer's added token {token!r:.80} holds half of a character."
        ) from error


def _read_ids(path: Path) -> Mapping[str, int]:
    return _ids(read_object(path, at_most=MAX_TOKENIZER_BYTES), path)


def _ids(tokens: Mapping[str, Any], path: Path) -> Mapping[str, int]:
    """`tokens`, after a check that each has its own id."""
    for token, token_id in tokens.items():
        if not is_whole(token_id, below=MAX_ID):
            raise CheckpointCorrupt(
                f"{path}: token {token!r:.80} has no id. Copy the tokenizer's files again.",
                file=str(path),
            )
    if len(set(tokens.values())) < len(tokens):
        raise CheckpointCorrupt(
            f"{path}: two tokens have the same id. Copy the tokenizer's files again.",
            file=str(path),
        )
    return tokens


def _added(data: Mapping[str, Any], path: Path) -> Mapping[str, int]:
    """The added tokens of a tokenizer.json."""
    found: dict[str, Any] = {}
    listed = data.get("added_tokens") or []
    for item in listed if isinstance(listed, list) else [None]:
        content = item.get("content") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(content, str) or not content:
            raise CheckpointCorrupt(
                f"{path}: an added token has no content. Copy the tokenizer's files again.",
                file=str(path),
            )
        found[content] = item.get("id")
    return _ids(found, path)


class TextStream:
    """Visible text of one request, token by token.

    Bytes wait until they decode as UTF-8 (invalid ones become U+FFFD at once, as in a decode of the
    whole), and text waits while it could still become a stop sequence. The output is
    `plain_text` of the whole, and stops are found in that. It is a function of the ids and the
    stops alone, so a resumed request replays its ids and continues exactly.
    """

    __slots__ = (
        "_after_return",
        "_decoder",
        "_held",
        "_stops",
        "_vocabulary",
        "stop_sequence",
        "stopped",
    )

    def __init__(self, vocabulary: Vocabulary, stops: Iterable[str] = ()) -> None:
        self._vocabulary = vocabulary
        self._stops = tuple(plain_text(stop) for stop in stops)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = ""
        # Whether the last character was a carriage return, which was given as a line break.
        self._after_return = False
        self.stopped = False
        # The stop sequence that ended the text; None while none did, and after the end of text.
        self.stop_sequence: str | None = None

    def push(self, token_id: int) -> str:
        """Text that is final with this token. After the end of text or a stop, `stopped` is set."""
        if token_id == self._vocabulary.eos_id:
            text = self.flush()
            self.stopped = True
            return text
        return self._release(self._decoder.decode(self._vocabulary.bytes_of(token_id)))

    def flush(self) -> str:
        """All text still held back, for the end of a run that no stop sequence ended."""
        if self.stopped:
            return ""
        text = self._release(self._decoder.decode(b"", final=True)) + self._held
        self._held = ""
        return text

    def _release(self, decoded: str) -> str:
        plain = self._plain(decoded)
        if not self._stops:
            return plain
        text = self._held + plain
        matches = []
        for stop in self._stops:
            start = text.find(stop)
            if start >= 0:
                matches.append((start + len(stop), start, stop))
        if matches:
            # The stop that is complete first wins, wherever the tokens' borders are.
            _, start, self.stop_sequence = min(matches)
            self.stopped = True
            self._held = ""
            return text[:start]
        keep = max(_longest_start(text, stop) for stop in self._stops)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def _plain(self, decoded: str) -> str:
        r"""`plain_text`, also of a ``\r\n`` that two tokens share."""
        if not decoded:
            return ""
        rest = decoded[1:] if self._after_return and decoded[0] == "\n" else decoded
        self._after_return = decoded[-1] == "\r"
        return plain_text(rest)


def _longest_start(text: str, stop: str) -> int:
    """Length of the longest end of `text` that is a proper start of `stop`."""
    at = max(0, len(text) - len(stop) + 1)
    while (at := text.find(stop[0], at)) >= 0:
        if stop.startswith(text[at:]):
            return len(text) - at
        at += 1
    return 0
