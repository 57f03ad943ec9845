"""Special tokens in text get the ids that transformers gives, with either layout of files."""

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from playground.checkpoints.registry import registry
from playground.checkpoints.tokenizers import TextTokenizer, tokenizer_for
from playground.core.errors import ModelNotReady
from tests.support.checkpoints import CONFIG
from workers.engine.text import Vocabulary

END = "<|endoftext|>"
FILLERS = [f"<|extratoken_{number}|>" for number in range(1, 13)]
OTHERS = ["<|user|>", "<|é 🦊|>"]
# Names that can be confused with each other, and ordinary text between them.
PARTS = [
    *(END, *FILLERS, *OTHERS, END[:-1], END[1:], "<|EndOfText|>", "<|extratoken_", "<|", "|>"),
    *(" ", "  ", "\n", "\t", "Hi", " there", "1", "12", "é", "🦊", "e\u0301", "ﷺ", "\u200d", "'s"),
]


def train_bpe() -> dict[str, Any]:
    """The vocabulary and merges of a small byte-level BPE."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    text = "Hi there, the end of the text is here. <|extratoken_1|> <|endoftext|> user token"
    tokenizer.train_from_iterator([text] * 4, trainer)
    model: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
    return model


def write_parts(folder: Path, added: Iterable[str]) -> None:
    """vocab.json with the end of text, merges.txt, and added_tokens.json if there are any."""
    folder.mkdir()
    model = train_bpe()
    vocabulary = {**model["vocab"], END: len(model["vocab"])}
    merges = "\n".join(" ".join(pair) for pair in model["merges"])
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}\n", encoding="utf-8")
    ids = {token: len(vocabulary) + place for place, token in enumerate(added)}
    if ids:
        (folder / "added_tokens.json").write_text(json.dumps(ids))


def write_whole(folder: Path, added: Iterable[str]) -> None:
    """The same tokenizer as one tokenizer.json, as transformers saves it."""
    from transformers import AutoTokenizer

    write_parts(folder, added)
    AutoTokenizer.from_pretrained(folder).save_pretrained(folder)
    for name in ("vocab.json", "merges.txt", "added_tokens.json"):
        (folder / name).unlink(missing_ok=True)
    assert (folder / "tokenizer.json").is_file()


def ours(folder: Path) -> TextTokenizer:
    file = folder.parent / f"{folder.name}.toml"
    file.write_text(f'[models.m]\npath = "{folder.name}"\n')
    with override_settings(MODELS_FILE=file):
        return tokenizer_for(registry().get("m"))


def theirs(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def layouts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[TextTokenizer, Any]]:
    """Our tokenizer and transformers' for each layout, with and without added tokens."""
    base = tmp_path_factory.mktemp("layouts")
    pairs = {}
    for name, added in {"plain": [], "added": [*FILLERS, *OTHERS]}.items():
        write_parts(base / f"{name}-parts", added)
        write_whole(base / f"{name}-whole", added)
        for layout in ("parts", "whole"):
            folder = base / f"{name}-{layout}"
            pairs[folder.name] = ours(folder), theirs(folder)
    return pairs


texts = st.one_of(
    st.lists(st.sampled_from(PARTS), max_size=12).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.lists(
        st.one_of(
            st.sampled_from(PARTS), st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
        ),
        max_size=12,
    ).map("".join),
)


@settings(max_examples=400, deadline=5_000, suppress_health_check=[HealthCheck.too_slow])
@given(text=texts)
@example(text=f"Hi{END}there")
@example(text=f"{END}{END}")
@example(text="<|extratoken_1|><|extratoken_12|>")
def test_text_has_transformers_ids_with_either_layout(
    layouts: dict[str, tuple[TextTokenizer, Any]], text: str
) -> None:
    for name, (tokenizer, reference) in layouts.items():
        assert tokenizer.encode(text) == reference(text).input_ids, name
        assert tokenizer.count(text) == tokenizer.tokens(text).count == len(tokenizer.encode(text))
    assert layouts["added-parts"][0].encode(text) == layouts["added-whole"][0].encode(text)


@settings(max_examples=200, deadline=5_000)
@given(text=texts)
def test_a_cut_never_splits_a_special_token(
    layouts: dict[str, tuple[TextTokenizer, Any]], text: str
) -> None:
    tokenizer, _ = layouts["added-parts"]
    starts = tokenizer.starts(text)

    assert starts == sorted(starts)
    at = 0
    for token_id, start in zip(tokenizer.encode(text), starts, strict=True):
        name = tokenizer.text_of(token_id)
        if name in (END, *FILLERS, *OTHERS):
            assert text[start : start + len(name)] == name
        assert start >= at
        at = start


def test_the_end_of_text_is_one_token(layouts: dict[str, tuple[TextTokenizer, Any]]) -> None:
    for tokenizer, _ in layouts.values():
        assert tokenizer.count(END) == 1
        assert tokenizer.tokens(f"a{END}b{END}").named == (END,)


def test_the_engine_ends_at_the_token_named_in_the_text(tmp_path: Path) -> None:
    for name, write in {"parts": write_parts, "whole": write_whole}.items():
        write(tmp_path / name, FILLERS)
        tokenizer, vocabulary = ours(tmp_path / name), Vocabulary.load(tmp_path / name)

        assert tokenizer.encode(END) == [vocabulary.eos_id]
        # A filler can be sent, but is never generated.
        (filler,) = tokenizer.encode(FILLERS[0])
        assert filler not in vocabulary.pieces
        assert tokenizer.text_of(filler) == FILLERS[0]


def test_an_added_token_has_the_id_from_its_file(tmp_path: Path) -> None:
    write_parts(tmp_path / "m", [])
    (tmp_path / "m" / "added_tokens.json").write_text(json.dumps({"<|user|>": 5_000}))

    tokenizer = ours(tmp_path / "m")

    assert tokenizer.encode("<|user|>") == [5_000]
    assert Vocabulary.load(tmp_path / "m").bytes_of(5_000) == b"<|user|>"


def test_an_end_of_text_only_among_the_added_tokens_works_too(tmp_path: Path) -> None:
    write_parts(tmp_path / "m", [])
    vocabulary = json.loads((tmp_path / "m" / "vocab.json").read_text())
    end = vocabulary.pop(END)
    (tmp_path / "m" / "vocab.json").write_text(json.dumps(vocabulary))
    (tmp_path / "m" / "added_tokens.json").write_text(json.dumps({END: end}))

    assert ours(tmp_path / "m").encode(f"Hi{END}") == [*ours(tmp_path / "m").encode("Hi"), end]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("added_tokens.json", '{"<|user|>": 0}', "the same id"),
        ("added_tokens.json", '{"<|user|>": "1"}', "no id"),
        ("added_tokens.json", "[]", "no JSON object"),
        ("merges.txt", "#version: 0.2\na b c\n", "line 2"),
        ("merges.txt", "#version: 0.2\nq zzz\n", "cannot be read"),
        ("vocab.json", '{"a": 0}', "cannot be read|no <"),
    ],
)
def test_files_that_do_not_fit_together_are_named(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    write_parts(tmp_path / "m", [])
    (tmp_path / "m" / name).write_text(content)

    with pytest.raises(ModelNotReady, match=said):
        ours(tmp_path / "m")


def test_merges_that_are_missing_are_named(tmp_path: Path) -> None:
    write_parts(tmp_path / "m", [])
    (tmp_path / "m" / "merges.txt").unlink()

    with pytest.raises(ModelNotReady, match=r"merges\.txt"):
        ours(tmp_path / "m")


def test_a_repaired_file_is_read(tmp_path: Path) -> None:
    write_parts(tmp_path / "m", [])
    before = ours(tmp_path / "m").count("<|user|>")
    (tmp_path / "m" / "added_tokens.json").write_text(
        json.dumps({"<|user|>": random.Random(1).randint(400, 500)})
    )

    assert before > 1
    assert ours(tmp_path / "m").count("<|user|>") == 1
