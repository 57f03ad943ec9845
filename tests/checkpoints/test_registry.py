"""The operator's registry: what it accepts and how it refuses."""

import json
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from playground.checkpoints.config_file import context_length, parameter_count
from playground.checkpoints.registry import Registry, registry
from playground.checkpoints.tokenizers import tokenizer_for
from playground.core.errors import ModelNotReady, UnknownModel
from tests.support.checkpoints import CONFIG, write_text_side


def read(folder: Path, text: str) -> Registry:
    file = folder / "models.toml"
    file.write_text(text, encoding="utf-8")
    with override_settings(MODELS_FILE=file):
        return registry()


def test_the_first_model_is_the_default_and_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    read_back = read(tmp_path, '[models.b]\npath = "x"\n[models.a]\nhub = "some/name"\nslots = 3\n')

    assert read_back.default == "b"
    assert read_back.get("b").path == tmp_path / "x"
    assert (read_back.get("a").hub, read_back.get("a").slots) == ("some/name", 3)


def test_an_unknown_model_is_an_error_that_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match="Choose one of: a"):
        read(tmp_path, '[models.a]\npath = "x"\n').get("../x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no \\[models"),
        ("[models.a\n", "cannot be read"),
        ("[models.a]\n", "either 'path' or 'hub'"),
        ('[models.a]\npath = "x"\nhub = "y/z"\n', "either 'path' or 'hub'"),
        ('[models.a]\npath = "x"\ntrust_remote_code = true\n', "unknown key trust_remote_code"),
        ('[models.a]\npath = "x"\ndtype = "int3"\n', "dtype is one of"),
        ('[models.a]\npath = "x"\nslots = 0\n', "slots is a whole number above 0"),
        ('[models.a]\npath = "x"\nsha256 = {"model.safetensors" = "abc"}\n', "64 hexadecimal"),
        ('[models."a b"]\npath = "x"\n', "a name has letters"),
        (
            f'[models.{"a" * 40}-b]\npath = "x"\n[models.{"a" * 40}-c]\npath = "y"\n',
            "a-b and a+-c begin with the same 40",
        ),
        (f'[models.{"a" * 81}]\npath = "x"\n', "and '.' only, at most 80"),
    ],
)
def test_a_wrong_registry_is_an_error_that_names_the_place(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        read(tmp_path, text)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with (
        override_settings(MODELS_FILE=tmp_path / "none.toml"),
        pytest.raises(ImproperlyConfigured, match=r"none\.toml"),
    ):
        registry()


def test_parameters_are_counted_as_hugging_face_does(tmp_path: Path) -> None:
    from transformers import GPTJConfig, GPTJForCausalLM

    write_text_side(tmp_path / "m")
    spec = read(tmp_path, '[models.m]\npath = "m"\n').get("m")
    theirs = GPTJForCausalLM(GPTJConfig(**CONFIG))

    assert parameter_count(spec) == sum(weight.numel() for weight in theirs.parameters())
    assert context_length(spec) == 2048


def test_missing_files_are_no_error(tmp_path: Path) -> None:
    spec = read(tmp_path, '[models.m]\npath = "gone"\n').get("m")

    assert parameter_count(spec) is None
    with pytest.raises(ModelNotReady, match="gone is missing"):
        tokenizer_for(spec)


def test_a_broken_tokenizer_is_named(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "tokenizer.json").write_text("{", encoding="utf-8")
    spec = read(tmp_path, '[models.m]\npath = "m"\n').get("m")

    with pytest.raises(ModelNotReady, match=r"tokenizer\.json cannot be read"):
        tokenizer_for(spec)


def test_text_is_counted_in_the_models_own_tokens(tmp_path: Path) -> None:
    write_text_side(tmp_path / "m")
    tokenizer = tokenizer_for(read(tmp_path, '[models.m]\npath = "m"\n').get("m"))

    assert tokenizer.count("né") == 3
    assert len(tokenizer.encode("né")) == 3


def test_a_tokenizer_of_two_files_counts_the_same(tmp_path: Path) -> None:
    write_text_side(tmp_path / "m")
    whole = json.loads((tmp_path / "m" / "tokenizer.json").read_text(encoding="utf-8"))
    (tmp_path / "m" / "vocab.json").write_text(
        json.dumps({**whole["model"]["vocab"], "<|endoftext|>": 256}), encoding="utf-8"
    )
    (tmp_path / "m" / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    (tmp_path / "m" / "tokenizer.json").unlink()
    tokenizer = tokenizer_for(read(tmp_path, '[models.m]\npath = "m"\n').get("m"))

    assert tokenizer.count("né") == 3
