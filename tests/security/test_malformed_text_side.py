"""Files of a checkpoint's folder that a web host reads: `ModelNotReady` names any fault in them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.checkpoints.config_file import (
    MAX_SIZES,
    context_length,
    parameter_count,
    read_sizes,
)
from playground.checkpoints.files import index_shards
from playground.checkpoints.registry import registry
from playground.checkpoints.tokenizer_files import files_of, read_tokenizer
from playground.core.errors import ModelNotReady
from tests.support.checkpoints import CONFIG, byte_tokenizer
from tests.support.mutations import damages_of, dump_json, mutations_of
from workers.engine.checkpoint import json_files
from workers.engine.checkpoint import spec as checkpoint

MANY = settings(
    max_examples=200,
    deadline=5_000,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
WHOLE = json.loads(byte_tokenizer().to_str())
VOCABULARY = {**WHOLE["model"]["vocab"], "<|endoftext|>": 256}
PARTS = {
    "vocab.json": dump_json(VOCABULARY),
    "merges.txt": b"#version: 0.2\n",
    "added_tokens.json": dump_json({"<|user|>": 257}),
}
REGISTRY = b"""
[models.a]
title = "A"
path = "a"
dtype = "int8"
slots = 3
tokens_per_second = 2.5
cache_mb = 100
serve = true
sha256 = { "model.safetensors" = "%s" }
[models.b]
hub = "some/name"
""" % (b"0" * 64)


def expect_named(read: Callable[[], object]) -> None:
    try:
        read()
    except ModelNotReady as error:
        # It is sent to a page, and a page is UTF-8.
        error.message.encode()
        assert len(error.message) < 2_000


def tokenizer_in(folder: Path) -> None:
    tokenizer = read_tokenizer(files_of(folder))
    for text in ("Hi <|endoftext|> there", "é🦊\0\r\n" * 10):
        tokenizer.encode(text, add_special_tokens=False)


@MANY
@given(data=st.data())
def test_any_tokenizer(tmp_path: Path, data: st.DataObject) -> None:
    (tmp_path / "tokenizer.json").write_bytes(
        dump_json(data.draw(mutations_of(WHOLE)))
        if data.draw(st.booleans())
        else data.draw(damages_of(dump_json(WHOLE)))
    )
    expect_named(lambda: tokenizer_in(tmp_path))


@MANY
@given(data=st.data(), name=st.sampled_from(tuple(PARTS)))
def test_any_tokenizer_in_parts(tmp_path: Path, data: st.DataObject, name: str) -> None:
    for file, content in PARTS.items():
        (tmp_path / file).write_bytes(content)
    if name == "merges.txt":
        merges = data.draw(st.lists(st.text("aĠb \t\r#", max_size=5), max_size=8))
        (tmp_path / name).write_bytes("\n".join(merges).encode())
    elif data.draw(st.booleans()):
        (tmp_path / name).write_bytes(dump_json(data.draw(mutations_of(json.loads(PARTS[name])))))
    else:
        (tmp_path / name).write_bytes(data.draw(damages_of(PARTS[name])))
    expect_named(lambda: tokenizer_in(tmp_path))


@MANY
@given(data=st.data())
def test_any_config(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(dump_json(data.draw(mutations_of(CONFIG))))
    expect_named(lambda: read_sizes(path))


@MANY
@given(data=st.data())
def test_any_index(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "model.safetensors.index.json"
    index = {"metadata": {"total_size": 1}, "weight_map": {"a": "b.safetensors", "c": "d.bin"}}
    path.write_bytes(dump_json(data.draw(mutations_of(index))))
    expect_named(lambda: index_shards(path))


@MANY
@given(data=st.data())
def test_any_registry(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / f"{data.draw(st.integers(0, 10**9))}.toml"
    lines = REGISTRY.split(b"\n")
    odd = (b"3", b"-1", b"[]", b"{}", b'"x\\u0000"', b"nan", b"inf", b"1e999", b"true", b'""')
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        key, _, _value = lines[at].partition(b"=")
        lines[at] = key + b"= " + data.draw(st.sampled_from(odd))
    text = b"\n".join(lines)
    path.write_bytes(data.draw(damages_of(text)) if data.draw(st.booleans()) else text)
    with override_settings(MODELS_FILE=path):
        try:
            found = registry()
        except ImproperlyConfigured:
            return
    for spec in found.models.values():
        assert context_length(spec) > 0


@pytest.mark.parametrize(
    "text",
    [
        "models = 3",
        "models = []",
        "[models]\na = 3",
        "a = " + "[" * 100_000 + "]" * 100_000,
        "[models.a]\npath = 3",
        '[models.a]\npath = "x"\nslots = 2.5',
        '[models.a]\npath = "x"\nslots = true',
        '[models.a]\npath = "x"\ntokens_per_second = nan',
        '[models.a]\npath = "x"\ntokens_per_second = inf',
        '[models.a]\npath = "x"\ntitle = 3',
        '[models.a]\npath = "x\\u0000"',
        '[models.a]\npath = "x"\nserve = "yes"',
        f'[models.a]\npath = "x"\nsha256 = {{ "../y" = "{"0" * 64}" }}',
        "".join(f'[models.m{number}]\npath = "x"\n' for number in range(101)),
        "# " + "x" * (1 << 20),
        "\udcff",
    ],
)
def test_an_invalid_registry_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "models.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with (
        override_settings(MODELS_FILE=path),
        pytest.raises(ImproperlyConfigured, match=r"models\.toml"),
    ):
        registry()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "nested"),
        (b'{"n_layer": 1000000000000}', "vocab_size is None"),
        (dump_json({**CONFIG, "n_layer": 10**12}), "n_layer is 1000000000000"),
        (dump_json({**CONFIG, "n_positions": "2048"}), "n_positions"),
        (dump_json({**CONFIG, "n_embd": 10**4_000}), "n_embd"),
        (b"x" * (2 << 20), "more than"),
        (b"\xff", "not JSON"),
    ],
)
def test_an_invalid_config_is_reported_and_a_page_still_has_a_window(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_bytes(content)
    (tmp_path / "models.toml").write_text('[models.m]\npath = "m"\n')

    with pytest.raises(ModelNotReady, match=said):
        read_sizes(tmp_path / "m" / "config.json")
    with override_settings(MODELS_FILE=tmp_path / "models.toml"):
        spec = registry().get("m")
        assert (context_length(spec), parameter_count(spec)) == (2048, None)


def test_the_web_side_accepts_what_a_worker_accepts() -> None:
    from playground.checkpoints import json_files as web
    from playground.checkpoints import tokenizer_files
    from workers.engine import text

    assert MAX_SIZES == checkpoint.MAX_SIZES
    for name in ("MAX_CONFIG_BYTES", "MAX_INDEX_BYTES", "MAX_TOKENIZER_BYTES", "MAX_NESTING"):
        assert getattr(web, name) == getattr(json_files, name)
    assert tokenizer_files.MAX_ID == text.MAX_ID
    assert tokenizer_files.END_OF_TEXT == text.END_OF_TEXT
