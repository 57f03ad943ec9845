"""The script that makes checkpoints, and the benchmark that loads one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools import random_checkpoint
from workers.engine.checkpoint.spec import CheckpointSpec, ModelConfig
from workers.engine.engine import Engine

ROOT = Path(__file__).resolve().parents[2]
SIZES = "--layers 1 --width 32 --heads 2 --rotary 8 --vocab 270 --positions 64 --dtype float16"


def make(monkeypatch: pytest.MonkeyPatch, folder: Path, *more: str) -> Path:
    arguments = [*SIZES.split(), "--out", str(folder), *more]
    monkeypatch.setattr(sys, "argv", ["random_checkpoint", *arguments])
    random_checkpoint.main()
    return folder


def test_the_script_writes_the_requested_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make(monkeypatch, tmp_path)

    assert ModelConfig.load(folder) == ModelConfig(270, 64, 32, 1, 2, 8, 1e-5)
    assert Engine.load(CheckpointSpec(folder)).score([1, 2, 3])
    assert "as float16" in capsys.readouterr().out


def test_same_seed_gives_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [
        make(monkeypatch, tmp_path / str(index), "--seed", seed, "--shard-bytes", "9000")
        for index, seed in enumerate("778")
    ]

    first, same, other = (
        {path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders
    )
    assert first == same
    assert first != other
    assert "model.safetensors.index.json" in first


def test_a_tokenizer_can_be_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make(monkeypatch, tmp_path / "source")
    text = (source / "tokenizer.json").read_text() + "\n\n"
    (source / "tokenizer.json").write_text(text)

    copy = make(monkeypatch, tmp_path / "copy", "--tokenizer", str(source))

    assert (copy / "tokenizer.json").read_text() == text


def test_tokenizer_opens_in_transformers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(make(monkeypatch, tmp_path))

    ids = tokenizer("né 🦊")["input_ids"]
    assert tokenizer.decode(ids) == "né 🦊"
    assert tokenizer.eos_token_id == 256


def test_load_benchmark_ends_with_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(monkeypatch, tmp_path)
    command = [sys.executable, str(ROOT / "benchmarks/load_6b.py"), "--folder", str(folder)]

    done = subprocess.run(
        [*command, "--dtype", "float32", "--threads", "1"],
        capture_output=True,
        text=True,
        check=True,
    )

    last = done.stdout.splitlines()[-1]
    result = json.loads(last.removeprefix("RESULT "))
    assert [target["name"] for target in result["targets"]] == ["peak memory over weights"]
    assert all(set(t) == {"name", "value", "target", "unit", "holds"} for t in result["targets"])
    assert "| peak / weights |" in done.stdout
