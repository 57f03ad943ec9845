"""Whatever is in a checkpoint's folder, reading it ends in a `CheckpointError` or in a model.

Each file of a valid tiny checkpoint is mutated in its structure and in its bytes. The worst known
cases run in a separate process with limited memory.
"""

import json
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from tests.support.mutations import damages_of, dump_json, mutations_of
from tools.random_checkpoint import RandomCheckpoint, write
from workers.engine.adapters.adapter import read_adapter
from workers.engine.checkpoint.spec import CheckpointSpec, ModelConfig
from workers.engine.errors import AdapterError, CheckpointError, EngineError, OutOfMemory
from workers.engine.model.weights import load_model
from workers.engine.text import Vocabulary

ROOT = Path(__file__).resolve().parents[2]
TINY = RandomCheckpoint(ModelConfig(280, 64, 16, 1, 2, 4, 1e-5), "float32", 1, 0.2)
SHARDED = RandomCheckpoint(TINY.config, "float32", 1, 0.2, shard_bytes=8_000)
WEIGHTS = "model.safetensors"
INDEX = f"{WEIGHTS}.index.json"
PICKLED = "pytorch_model.bin"
# A tiny file is read in milliseconds, but this machine does other work too.
MANY = settings(
    max_examples=150,
    deadline=5_000,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A valid checkpoint with both layouts of its tokenizer and with its weights also as a .bin."""
    folder = tmp_path_factory.mktemp("sound")
    write(TINY, folder / "whole")
    write(SHARDED, folder / "sharded")
    tensors = load_file(folder / "whole" / WEIGHTS)
    torch.save(tensors, folder / PICKLED)
    return folder


@pytest.fixture
def make_checkpoint(sound: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    shutil.copytree(sound / "whole", folder)
    return folder


def load(folder: Path) -> None:
    """Loads it as a worker does before it takes a run."""
    Vocabulary.load(folder)
    load_model(CheckpointSpec(folder, kernels="torch"))


def expect_refused_or_loaded(folder: Path, read: Callable[[Path], object] = load) -> None:
    try:
        read(folder)
    except (CheckpointError, OutOfMemory) as error:
        check_message(error)


def check_message(error: EngineError) -> None:
    """The message goes into a row, a log and a page."""
    assert error.message.isprintable()
    assert len(error.message) <= 1_000


def header_of(path: Path) -> tuple[Any, bytes]:
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def with_header(header: bytes, data: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + data


# -- fuzzed --------------------------------------------------------------------------------------


@MANY
@given(data=st.data())
def test_any_config(make_checkpoint: Path, data: st.DataObject) -> None:
    config = make_checkpoint / "config.json"
    value = json.loads((ROOT / "models/demo/config.json").read_text())
    config.write_bytes(dump_json(data.draw(mutations_of({**value, **_sizes_of(TINY.config)}))))
    expect_refused_or_loaded(make_checkpoint)


@MANY
@given(data=st.data())
def test_any_header(make_checkpoint: Path, sound: Path, data: st.DataObject) -> None:
    header, tensors = header_of(sound / "whole" / WEIGHTS)
    (make_checkpoint / WEIGHTS).write_bytes(
        with_header(dump_json(data.draw(mutations_of(header))), tensors)
    )
    expect_refused_or_loaded(make_checkpoint)


@MANY
@given(data=st.data())
def test_any_bytes_of_weights(make_checkpoint: Path, sound: Path, data: st.DataObject) -> None:
    (make_checkpoint / WEIGHTS).write_bytes(
        data.draw(damages_of((sound / "whole" / WEIGHTS).read_bytes()))
    )
    expect_refused_or_loaded(make_checkpoint)


@MANY
@given(data=st.data())
def test_any_index(sound: Path, tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / "sharded"
    if not folder.exists():
        shutil.copytree(sound / "sharded", folder)
    index = json.loads((sound / "sharded" / INDEX).read_text())
    (folder / INDEX).write_bytes(dump_json(data.draw(mutations_of(index))))
    expect_refused_or_loaded(folder)


@MANY
@given(data=st.data())
def test_any_pickle(make_checkpoint: Path, sound: Path, data: st.DataObject) -> None:
    (make_checkpoint / WEIGHTS).unlink(missing_ok=True)
    (make_checkpoint / PICKLED).write_bytes(data.draw(damages_of((sound / PICKLED).read_bytes())))
    expect_refused_or_loaded(make_checkpoint)


@MANY
@given(data=st.data())
def test_any_pickle_within_a_whole_archive(
    make_checkpoint: Path, sound: Path, data: st.DataObject
) -> None:
    """The archive's checksums are right, so torch's unpickler sees the change."""
    (make_checkpoint / WEIGHTS).unlink(missing_ok=True)
    with (
        zipfile.ZipFile(sound / PICKLED) as old,
        zipfile.ZipFile(make_checkpoint / PICKLED, "w", zipfile.ZIP_STORED) as new,
    ):
        for record in old.namelist():
            content = old.read(record)
            new.writestr(record, data.draw(damages_of(content)) if "pkl" in record else content)
    expect_refused_or_loaded(make_checkpoint)


@MANY
@given(data=st.data())
def test_any_tokenizer(make_checkpoint: Path, sound: Path, data: st.DataObject) -> None:
    value = json.loads((sound / "whole" / "tokenizer.json").read_text())
    (make_checkpoint / "tokenizer.json").write_bytes(dump_json(data.draw(mutations_of(value))))
    expect_refused_or_loaded(make_checkpoint, read=Vocabulary.load)


@MANY
@given(data=st.data(), name=st.sampled_from(("vocab.json", "added_tokens.json")))
def test_any_vocabulary(make_checkpoint: Path, sound: Path, data: st.DataObject, name: str) -> None:
    files = vocabulary_files(sound)
    (make_checkpoint / "tokenizer.json").unlink(missing_ok=True)
    for file, value in files.items():
        (make_checkpoint / file).write_bytes(dump_json(value))
    if data.draw(st.booleans()):
        (make_checkpoint / name).write_bytes(dump_json(data.draw(mutations_of(files[name]))))
    else:
        (make_checkpoint / name).write_bytes(data.draw(damages_of(dump_json(files[name]))))
    expect_refused_or_loaded(make_checkpoint, read=Vocabulary.load)


@MANY
@given(data=st.data())
def test_any_adapter(sound: Path, tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / "adapter"
    folder.mkdir(exist_ok=True)
    config, header, tensors = adapter_parts()
    if data.draw(st.booleans()):
        config = data.draw(mutations_of(config))
    else:
        header = data.draw(mutations_of(header))
    (folder / "adapter_config.json").write_bytes(dump_json(config))
    weights = with_header(dump_json(header), tensors)
    if data.draw(st.integers(0, 3)) == 0:
        weights = data.draw(damages_of(weights))
    (folder / "adapter_model.safetensors").write_bytes(weights)

    try:
        read_adapter("a", folder, TINY.config)
    except AdapterError as error:
        check_message(error)


def test_the_parts_that_are_mutated_are_sound(
    make_checkpoint: Path, sound: Path, tmp_path: Path
) -> None:
    """Otherwise the fuzz test would reach only the first check."""
    load(make_checkpoint)
    load(sound / "sharded")
    shutil.move(make_checkpoint / WEIGHTS, tmp_path / WEIGHTS)
    shutil.copy(sound / PICKLED, make_checkpoint / PICKLED)
    load(make_checkpoint)
    for file, value in vocabulary_files(sound).items():
        (make_checkpoint / file).write_bytes(dump_json(value))
    (make_checkpoint / "tokenizer.json").unlink()
    assert Vocabulary.load(make_checkpoint).eos_id == 256
    config, header, tensors = adapter_parts()
    (make_checkpoint / "adapter_config.json").write_bytes(dump_json(config))
    (make_checkpoint / "adapter_model.safetensors").write_bytes(
        with_header(dump_json(header), tensors)
    )
    assert read_adapter("a", make_checkpoint, TINY.config).rank == 2


def _sizes_of(config: ModelConfig) -> dict[str, Any]:
    return {name: getattr(config, name) for name in config.__dataclass_fields__}


def vocabulary_files(sound: Path) -> dict[str, Any]:
    whole = json.loads((sound / "whole" / "tokenizer.json").read_text())
    added = {token["content"]: token["id"] for token in whole["added_tokens"]}
    return {"vocab.json": whole["model"]["vocab"], "added_tokens.json": added}


def adapter_parts() -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """A configuration, a header and the data of an adapter of rank 2 on one module."""
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q_proj"]}
    name = "base_model.model.transformer.h.0.attn.q_proj.lora_{}.weight"
    entry = {"dtype": "F32", "shape": [2, 16], "data_offsets": [0, 128]}
    header = {
        name.format("A"): entry,
        name.format("B"): {**entry, "shape": [16, 2], "data_offsets": [128, 256]},
    }
    return config, header, bytes(256)


# -- the worst cases, within bounds --------------------------------------------------------------

# Without torch, which alone takes more than this. Everything read before the weights needs no
# torch.
# The bound is on the address space, so it cannot be exceeded even for a moment.
_BOUNDED = """
import resource, sys
from pathlib import Path
from workers.engine.checkpoint.spec import ModelConfig
from workers.engine.errors import CheckpointError
from workers.engine.checkpoint.tensor_files import find_tensors
from workers.engine.text import Vocabulary

resource.setrlimit(resource.RLIMIT_AS, (1_000 * 2**20, 1_000 * 2**20))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
folder = Path(sys.argv[1])
try:
    Vocabulary.load(folder)
    find_tensors(folder, ModelConfig.load(folder))
    print("loaded")
except CheckpointError as error:
    print(error.code, error.message)
"""


def refusal_within_bounds(folder: Path) -> str:
    """The refusal of the folder by a process with 1,000 MiB and 20 seconds of processor time."""
    done = subprocess.run(
        [sys.executable, "-c", _BOUNDED, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout.strip()


def _config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _header(folder: Path, header: bytes) -> None:
    (folder / WEIGHTS).write_bytes(with_header(header, bytes(64)))


def _first_tensor(folder: Path, **changes: object) -> None:
    header, tensors = header_of(folder / WEIGHTS)
    header["lm_head.bias"].update(changes)
    (folder / WEIGHTS).write_bytes(with_header(dump_json(header), tensors))


def _index(folder: Path, text: bytes) -> None:
    (folder / WEIGHTS).unlink()
    (folder / INDEX).write_bytes(text)


def _vocabulary(folder: Path, text: bytes) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.json").write_bytes(text)


def _sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


def _bomb(folder: Path) -> None:
    """A pickle of 4 GiB in an archive of 4 MB."""
    (folder / WEIGHTS).unlink()
    with (
        zipfile.ZipFile(folder / PICKLED, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("archive/data.pkl", "w", force_zip64=True) as record,
    ):
        for _ in range(64):
            record.write(bytes(2**20))


DEEP = b"[" * 200_000 + b"]" * 200_000
WORST: dict[str, tuple[Callable[[Path], object], str]] = {
    "offsets of one number": (lambda f: _first_tensor(f, data_offsets=[0]), "data_offsets"),
    "offsets of text": (lambda f: _first_tensor(f, data_offsets="01"), "data_offsets"),
    "offsets of 4,000 digits": (
        lambda f: _first_tensor(f, data_offsets=[0, 10**4_000]),
        "data_offsets",
    ),
    "offsets over each other": (lambda f: _first_tensor(f, data_offsets=[0, 1120]), "overlaps"),
    "dimensions of 4,000 digits": (lambda f: _first_tensor(f, shape=[10**4_000] * 99), "shape"),
    "dimensions that are none": (lambda f: _first_tensor(f, shape=[-280, -1]), "shape"),
    "a deep header": (lambda f: _header(f, b'{"a":' + DEEP + b"}"), "nested"),
    "a header of empty lists": (lambda f: _header(f, b"[" + b"[]," * 1_390_000 + b"0]"), "object"),
    "a header that claims 2^63 bytes": (
        lambda f: (f / WEIGHTS).write_bytes(with_header(b"{}", b"", length=2**63)),
        "not whole",
    ),
    "a header of 5 GiB in a hollow file": (
        lambda f: (_sparse(f / WEIGHTS, 6 * 2**30), _claim(f / WEIGHTS, 5 * 2**30)),
        "header claims",
    ),
    "names without end": (
        lambda f: _header(f, dump_json({"x" * 10**6: {}})),
        "the name of a tensor",
    ),
    "a name that no page can hold": (lambda f: _header(f, dump_json({"\0\ud800": 1})), "no tensor"),
    "10^12 layers": (lambda f: _config(f, n_layer=10**12), "n_layer"),
    "10^12 positions": (lambda f: _config(f, n_positions=10**12), "n_positions"),
    "10^12 rows": (lambda f: _config(f, vocab_size=10**12), "vocab_size"),
    "a width of 4,000 digits": (lambda f: _config(f, n_embd=10**4_000), "n_embd"),
    "a deep config": (lambda f: (f / "config.json").write_bytes(DEEP) and None, "nested"),
    "a config of 1 GiB": (lambda f: _sparse(f / "config.json", 2**30), "more than"),
    "a config that is no text": (
        lambda f: (f / "config.json").write_bytes(b"\xff\xfe{}"),
        "config.json",
    ),
    "a map of lists": (lambda f: _index(f, b'{"weight_map": {"a": ["b"]}}'), "weight_map"),
    "a map that is a list": (lambda f: _index(f, b'{"weight_map": ["a"]}'), "weight_map"),
    "a map to a long name": (
        lambda f: _index(f, dump_json({"weight_map": {"a": "b" * 5_000 + ".safetensors"}})),
        "no weight file",
    ),
    "a map to 100,000 files": (
        lambda f: _index(f, dump_json({"weight_map": {str(n): f"{n}.bin" for n in range(10**5)}})),
        "100,000 files",
    ),
    "a deep index": (lambda f: _index(f, b'{"weight_map":' + DEEP + b"}"), "nested"),
    "a vocabulary of lists": (lambda f: _vocabulary(f, b'{"a": [], "b": {}}'), "no id"),
    "a vocabulary of empty lists": (
        lambda f: _vocabulary(f, b"[" + b"[]," * 5_000_000 + b"0]"),
        "object",
    ),
    "a vocabulary of 1 GiB": (
        lambda f: (_vocabulary(f, b""), _sparse(f / "vocab.json", 2**30)),
        "more than",
    ),
    "ids of 4,000 digits": (lambda f: _vocabulary(f, dump_json({"a": 10**4_000})), "no id"),
}


def _claim(path: Path, length: int) -> None:
    with path.open("r+b") as file:
        file.write(struct.pack("<Q", length))


@pytest.mark.parametrize("case", WORST)
def test_the_worst_of_a_kind_is_refused_within_bounds(make_checkpoint: Path, case: str) -> None:
    spoil, said = WORST[case]
    spoil(make_checkpoint)

    answer = refusal_within_bounds(make_checkpoint)

    assert answer.startswith("checkpoint_"), answer
    assert said in answer


def test_a_compressed_pickle_is_not_opened(make_checkpoint: Path) -> None:
    _bomb(make_checkpoint)

    with pytest.raises(CheckpointError, match="compressed record"):
        load(make_checkpoint)


def test_an_adapters_compressed_pickle_is_not_opened(make_checkpoint: Path) -> None:
    _bomb(make_checkpoint)
    (make_checkpoint / PICKLED).rename(make_checkpoint / "adapter_model.bin")
    (make_checkpoint / "adapter_config.json").write_bytes(dump_json(adapter_parts()[0]))

    with pytest.raises(AdapterError, match="compressed record"):
        read_adapter("a", make_checkpoint, TINY.config)


def test_a_file_that_may_not_be_read_is_named(make_checkpoint: Path) -> None:
    """A link to itself, which nobody can open, not even root."""
    (make_checkpoint / "config.json").unlink()
    (make_checkpoint / "config.json").mkdir()

    with pytest.raises(CheckpointError, match=r"config\.json"):
        load(make_checkpoint)


@pytest.fixture(autouse=True)
def _quiet_torch() -> Iterator[None]:
    """torch warns about damaged pickles; that is expected here."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
