"""A tokenizer from a checkpoint's files, whichever of the two layouts they have.

Either tokenizer.json says it all, or vocab.json, merges.txt and, where there are any, the tokens of
added_tokens.json do. Both give the same ids: a token that is in the files by its name is that
token wherever the name is written, as transformers reads it.
"""

from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

from playground.checkpoints.json_files import (
    MAX_TOKENIZER_BYTES,
    parse_object,
    read_bounded,
    read_object,
)
from playground.core.errors import ModelNotReady

END_OF_TEXT = "<|endoftext|>"
MAX_ADDED_TOKENS = 10_000
MAX_ID = 1 << 24

_WHOLE = "tokenizer.json"
_VOCABULARY, _MERGES, _ADDED = "vocab.json", "merges.txt", "added_tokens.json"


def files_of(folder: Path) -> tuple[Path, ...]:
    """The tokenizer's files in ``folder``, of one layout. Raises `ModelNotReady`."""
    if (folder / _WHOLE).is_file():
        return (folder / _WHOLE,)
    if not (folder / _VOCABULARY).is_file():
        raise ModelNotReady(f"there is no {_WHOLE} in {folder}.")
    if not (folder / _MERGES).is_file():
        raise ModelNotReady(f"there is no {_MERGES} in {folder} beside its {_VOCABULARY}.")
    names = (_VOCABULARY, _MERGES, _ADDED)
    return tuple(folder / name for name in names if (folder / name).is_file())


def read_tokenizer(files: tuple[Path, ...]) -> Tokenizer:
    """The tokenizer of the files that `files_of` found. Raises `ModelNotReady`."""
    whole = files[0].name == _WHOLE
    tokenizer = _from_whole(files[0]) if whole else _from_parts(files)
    if tokenizer.token_to_id(END_OF_TEXT) is None:
        raise ModelNotReady(f"{files[0]} has no {END_OF_TEXT} token.")
    # Some files list it among the ordinary tokens only.
    tokenizer.add_special_tokens([END_OF_TEXT])
    tokenizer.no_truncation()
    tokenizer.no_padding()
    # A token begins with the space before its word, also where files say that it is not counted.
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def _from_whole(file: Path) -> Tokenizer:
    text = read_bounded(file, at_most=MAX_TOKENIZER_BYTES)
    data = parse_object(text, file)
    model, added = data.get("model"), data.get("added_tokens") or []
    if not isinstance(model, dict) or not isinstance(model.get("vocab"), dict):
        raise ModelNotReady(f"{file} is no BPE tokenizer.")
    if not isinstance(added, list) or len(added) > MAX_ADDED_TOKENS:
        raise ModelNotReady(f"{file} has more than {MAX_ADDED_TOKENS:,} added tokens.")
    tokenizer = _built(file, lambda: Tokenizer.from_str(text.decode()))
    for token in added:
        # The library numbers them one after the other, whatever the file says.
        if tokenizer.token_to_id(token["content"]) != token["id"]:
            raise ModelNotReady(
                f"{file}: its token {token['content']!r:.80} cannot have the id {token['id']}."
            )
    return tokenizer


def _from_parts(files: tuple[Path, ...]) -> Tokenizer:
    vocabulary_file, merges_file, *rest = files
    vocabulary = _read_ids(vocabulary_file)
    added = _read_ids(rest[0]) if rest else {}
    if len(added) > MAX_ADDED_TOKENS:
        raise ModelNotReady(f"{rest[0]} has more than {MAX_ADDED_TOKENS:,} tokens.")
    merges = _read_merges(merges_file)
    # Among the model's tokens, an added one keeps the id that it has in its file.
    everything = {**vocabulary, **added}
    if len(set(everything.values())) < len(everything):
        raise ModelNotReady(f"{vocabulary_file}: two tokens have the same id.")
    tokenizer = _built(merges_file, lambda: Tokenizer(models.BPE(vocab=everything, merges=merges)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    # As transformers has them: the end of text is special, the others are ordinary names.
    tokenizer.add_tokens(
        [AddedToken(token, normalized=True) for token in added if token != END_OF_TEXT]
    )
    return tokenizer


def _read_ids(file: Path) -> dict[str, int]:
    tokens = read_object(file, at_most=MAX_TOKENIZER_BYTES)
    for token, token_id in tokens.items():
        is_whole = isinstance(token_id, int) and not isinstance(token_id, bool)
        if not token or not is_whole or not 0 <= token_id < MAX_ID:
            raise ModelNotReady(f"{file}: token {token!r:.80} has no id.")
    return tokens


def _read_merges(file: Path) -> list[tuple[str, str]]:
    try:
        text = read_bounded(file, at_most=MAX_TOKENIZER_BYTES).decode()
    except UnicodeDecodeError as error:
        raise ModelNotReady(f"{file} is not UTF-8: {error}.") from error
    merges = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or (number == 1 and line.startswith("#version")):
            continue
        first, _, second = line.rstrip("\r").partition(" ")
        if not first or not second or " " in second:
            raise ModelNotReady(f"{file}: line {number} is no pair of tokens.")
        merges.append((first, second))
    return merges


def _built(file: Path, build: Any) -> Tokenizer:
    """The result of ``build``; raises with the library's own words about ``file``."""
    try:
        tokenizer: Tokenizer = build()
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    # It raises bare Exception for malformed files, and panics, which are no Exceptions, for cases
    # that its authors did not expect.
    except BaseException as error:
        raise ModelNotReady(f"{file} cannot be read: {str(error)[:200]}.") from error
    return tokenizer
