"""Loading: what is read, and what is refused with which words."""

import hashlib
import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.engine.tiny import KERNELS, SIZES, prompt_of, request, run
from tools.random_checkpoint import RandomCheckpoint, write
from workers.engine.backends import choose
from workers.engine.checkpoint.spec import CheckpointSpec, Dtype, Kernels, ModelConfig
from workers.engine.engine import Engine
from workers.engine.errors import (
    CheckpointChanged,
    CheckpointCorrupt,
    CheckpointError,
    CheckpointFileMissing,
    CheckpointShape,
    CheckpointUnsafe,
    CheckpointUnsupported,
    DeviceMissing,
    OutOfMemory,
)
from workers.engine.model import weights

SMALL = SIZES["small"]
WEIGHTS = "model.safetensors"
PICKLED = "pytorch_model.bin"


@pytest.fixture
def made(folder: Path) -> Path:
    write(SMALL, folder)
    return folder


def tokens_of(folder: Path, **options: Any) -> list[int]:
    engine = Engine.load(CheckpointSpec(folder, **options))
    return run(engine, request("a", prompt_of(20), 16, temperature=0))["a"].ids


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    folder = tmp_path_factory.mktemp("expected")
    write(SMALL, folder)
    return tokens_of(folder)


def edit_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def edit_weights(folder: Path, edit: Callable[[dict[str, torch.Tensor]], None]) -> None:
    tensors = load_file(folder / WEIGHTS)
    edit(tensors)
    save_file(tensors, folder / WEIGHTS)


def to_pickle(folder: Path, **extra: torch.Tensor) -> None:
    torch.save({**load_file(folder / WEIGHTS), **extra}, folder / PICKLED)
    (folder / WEIGHTS).unlink()


# -- formats -------------------------------------------------------------------------------------


def test_sharded_safetensors_load_as_one_file(folder: Path, expected: list[int]) -> None:
    shards = RandomCheckpoint(SMALL.config, SMALL.dtype, SMALL.seed, SMALL.spread, 100_000)
    write(shards, folder)

    assert len(list(folder.glob("model-*.safetensors"))) > 3
    assert tokens_of(folder) == expected


def test_pickled_weights_load_with_the_buffers_of_old_files(
    made: Path, expected: list[int]
) -> None:
    buffers = {
        "transformer.h.0.attn.bias": torch.ones(1, 1, 9, 9, dtype=torch.uint8),
        "transformer.h.1.attn.masked_bias": torch.tensor(-1e9),
    }
    to_pickle(made, **buffers)

    assert tokens_of(made) == expected


def test_sharded_pickled_weights_load(made: Path, expected: list[int]) -> None:
    tensors = load_file(made / WEIGHTS)
    names = list(tensors)
    (made / WEIGHTS).unlink()
    places = {}
    for number, part in enumerate((names[:7], names[7:])):
        file = f"pytorch_model-{number}.bin"
        torch.save({name: tensors[name] for name in part}, made / file)
        places.update(dict.fromkeys(part, file))
    (made / f"{PICKLED}.index.json").write_text(json.dumps({"weight_map": places}))

    assert tokens_of(made) == expected


def test_tensors_that_share_a_storage_load(made: Path, expected: list[int]) -> None:
    """As when a state dict was cut from one big tensor."""
    tensors = load_file(made / WEIGHTS)
    flat = torch.cat([tensor.flatten() for tensor in tensors.values()])
    at, views = 0, {}
    for name, tensor in tensors.items():
        views[name] = flat[at : at + tensor.numel()].view(tensor.shape)
        at += tensor.numel()
    torch.save(views, made / PICKLED)
    (made / WEIGHTS).unlink()

    assert tokens_of(made) == expected


@pytest.mark.parametrize("stored", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("held", ["float32", "bfloat16", "float16", "int8"])
@pytest.mark.parametrize("kernels", KERNELS)
def test_dtypes_are_converted(folder: Path, stored: str, held: Dtype, kernels: Kernels) -> None:
    write(RandomCheckpoint(SMALL.config, stored, SMALL.seed, SMALL.spread), folder)
    oracle = load_file(folder / WEIGHTS)

    model, _ = weights.load_model(CheckpointSpec(folder, dtype=held, kernels=kernels))

    kind = getattr(torch, stored if held == "int8" else held)
    assert torch.equal(model.embedding, oracle["transformer.wte.weight"].to(kind))
    # Rows are computed in fp32 where weights can be widened on the way; so are their biases.
    assert model.activations is (kind if kernels == "torch" and held != "int8" else torch.float32)
    assert model.head.bias.dtype is model.activations
    assert torch.equal(model.head.bias, oracle["lm_head.bias"].to(model.activations))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "int8"])
def test_narrow_dtypes_stay_near_fp32(made: Path, dtype: str) -> None:
    narrow = Engine.load(CheckpointSpec(made, dtype=dtype))  # type: ignore[arg-type]
    exact = Engine.load(CheckpointSpec(made))

    for low, high in zip(
        narrow.score(prompt_of(60))[1:], exact.score(prompt_of(60))[1:], strict=True
    ):
        assert low.logprob == pytest.approx(high.logprob, abs=0.5, rel=0.1)
    assert len(run(narrow, request("a", prompt_of(9), 8))["a"].tokens) <= 8


def test_every_tensor_has_its_own_place(made: Path) -> None:
    """Loading in pieces smaller than any matrix changes nothing."""
    whole = Engine.load(CheckpointSpec(made)).score(prompt_of(30))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights, "_STAGING_BYTES", 700)
        pieces = Engine.load(CheckpointSpec(made)).score(prompt_of(30))

    assert pieces == whole


def test_hashes_of_the_right_files_pass(made: Path, expected: list[int]) -> None:
    digest = hashlib.sha256((made / WEIGHTS).read_bytes()).hexdigest()

    assert tokens_of(made, hashes={WEIGHTS: digest.upper()}) == expected


def truncate(path: Path, left: float) -> None:
    """To `left` bytes, to that part of it if below one, or by `-left` bytes."""
    size = path.stat().st_size
    os.truncate(path, int(size + left if left < 0 else size * left if left < 1 else left))


# -- refusals ------------------------------------------------------------------------------------


def refusal(folder: Path, kind: type[CheckpointError], **options: Any) -> str:
    with pytest.raises(kind) as caught:
        Engine.load(CheckpointSpec(folder, **options))
    return caught.value.message


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "nowhere" in refusal(tmp_path / "nowhere", CheckpointFileMissing)


@pytest.mark.parametrize("name", ["config.json", WEIGHTS, "tokenizer.json"])
def test_a_missing_file_is_named(made: Path, name: str) -> None:
    (made / name).unlink()

    assert name in refusal(made, CheckpointFileMissing)


def test_a_missing_shard_is_named(made: Path) -> None:
    (made / WEIGHTS).rename(made / "elsewhere")
    index = {"weight_map": {"lm_head.bias": "model-00001-of-00001.safetensors"}}
    (made / f"{WEIGHTS}.index.json").write_text(json.dumps(index))

    assert "model-00001-of-00001.safetensors" in refusal(made, CheckpointFileMissing)


@pytest.mark.parametrize("place", ["../outside.safetensors", "/etc/passwd", "code.py"])
def test_an_index_may_not_point_elsewhere(made: Path, place: str) -> None:
    (made / WEIGHTS).rename(made.parent / "outside.safetensors")
    (made / f"{WEIGHTS}.index.json").write_text(json.dumps({"weight_map": {"x": place}}))

    assert "index" in refusal(made, CheckpointUnsafe)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model_type", "gpt2"),
        ("activation_function", "relu"),
        ("rotary_dim", None),
        ("rotary_dim", 7),
        ("rotary_dim", 32),
        ("n_head", 5),
        ("n_inner", 100),
        ("n_layer", 0),
        ("tie_word_embeddings", True),
        ("layer_norm_epsilon", "small"),
    ],
)
def test_another_architecture_is_refused(made: Path, field: str, value: object) -> None:
    edit_config(made, **{field: value})

    message = refusal(made, CheckpointUnsupported)

    assert field in message
    assert "config.json" in message


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_damaged_config_is_refused(made: Path, content: str) -> None:
    (made / "config.json").write_text(content)

    assert "config.json" in refusal(made, CheckpointCorrupt)


@pytest.mark.parametrize("left", [0, 4, 200, 0.5, -1])
def test_truncated_safetensors_are_refused(made: Path, left: float) -> None:
    path = made / WEIGHTS
    truncate(path, left)

    message = refusal(made, CheckpointCorrupt)

    assert WEIGHTS in message
    assert "truncated" in message


@pytest.mark.parametrize("left", [0, 300, 0.5, -1])
def test_truncated_pickles_are_refused(made: Path, left: float) -> None:
    to_pickle(made)
    path = made / PICKLED
    truncate(path, left)

    assert PICKLED in refusal(made, CheckpointCorrupt)


def test_a_header_that_lies_is_refused(made: Path) -> None:
    header = b'{"lm_head.bias":{"dtype":"F32","shape":[300],"data_offsets":[0,8]}}'
    (made / WEIGHTS).write_bytes(struct.pack("<Q", len(header)) + header + bytes(2000))

    assert "lm_head.bias" in refusal(made, CheckpointCorrupt)


@pytest.mark.parametrize("header", [b"[1, 2]", b"{{{{", b'{"a": 1}', b'{"a":{"dtype":"F32"}}'])
def test_a_header_that_is_none_is_refused(made: Path, header: bytes) -> None:
    (made / WEIGHTS).write_bytes(struct.pack("<Q", len(header)) + header)

    assert WEIGHTS in refusal(made, CheckpointCorrupt)


def test_a_missing_tensor_is_named(made: Path) -> None:
    def edit(tensors: dict[str, torch.Tensor]) -> None:
        del tensors["transformer.h.1.mlp.fc_in.bias"]

    edit_weights(made, edit)

    assert "transformer.h.1.mlp.fc_in.bias" in refusal(made, CheckpointShape)


def test_a_misshapen_tensor_is_named_with_both_shapes(made: Path) -> None:
    edit_config(made, vocab_size=301)

    message = refusal(made, CheckpointShape)

    assert "transformer.wte.weight" in message
    assert "[300, 64]" in message
    assert "[301, 64]" in message


def test_tensors_of_more_layers_are_refused(made: Path) -> None:
    edit_config(made, n_layer=1)

    assert "transformer.h.1" in refusal(made, CheckpointShape)


def test_a_dtype_that_is_no_weight_is_refused(made: Path) -> None:
    def edit(tensors: dict[str, torch.Tensor]) -> None:
        tensors["lm_head.bias"] = tensors["lm_head.bias"].to(torch.int64)

    edit_weights(made, edit)

    assert "I64" in refusal(made, CheckpointUnsupported)


class Code:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (os.environ["PROOF"],))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_with_code_is_refused_and_not_run(
    made: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    proof = made / "the code ran"
    monkeypatch.setenv("PROOF", str(proof))
    (made / WEIGHTS).unlink()
    if zipped:
        torch.save({"lm_head.bias": Code()}, made / PICKLED)
    else:
        (made / PICKLED).write_bytes(pickle.dumps({"lm_head.bias": Code()}, protocol=2))

    assert PICKLED in refusal(made, CheckpointUnsafe)
    assert not proof.exists()


def test_a_pickle_of_old_torch_is_refused_with_what_to_do(made: Path) -> None:
    tensors = load_file(made / WEIGHTS)
    torch.save(tensors, made / PICKLED, _use_new_zipfile_serialization=False)
    (made / WEIGHTS).unlink()

    assert "safetensors" in refusal(made, CheckpointUnsafe)


@pytest.mark.parametrize("content", [[1, 2], {"a": "text"}])
def test_a_pickle_of_something_else_is_refused(made: Path, content: object) -> None:
    (made / WEIGHTS).unlink()
    torch.save(content, made / PICKLED)

    assert PICKLED in refusal(made, CheckpointUnsupported)


def test_a_changed_file_is_refused(made: Path) -> None:
    digest = hashlib.sha256((made / WEIGHTS).read_bytes()).hexdigest()
    with (made / WEIGHTS).open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x01")

    message = refusal(made, CheckpointChanged, hashes={WEIGHTS: digest})

    assert WEIGHTS in message
    assert digest in message


def test_a_hashed_file_that_is_missing_is_named(made: Path) -> None:
    assert "extra.json" in refusal(made, CheckpointFileMissing, hashes={"extra.json": "0" * 64})


@pytest.mark.parametrize("device", ["mps", "nonsense"])
def test_a_device_that_is_none_of_ours_is_named(made: Path, device: str) -> None:
    assert device in refusal(made, CheckpointUnsupported, device=device)


@pytest.mark.parametrize(
    ("build", "count", "why"),
    [
        (None, 0, "is built without CUDA"),
        ("12.8", 0, "torch finds none"),
        ("12.8", 3, "torch finds 3, numbered from cuda:0"),
    ],
)
def test_a_device_that_is_not_there_is_waited_for_with_the_reason(
    made: Path, monkeypatch: pytest.MonkeyPatch, build: str | None, count: int, why: str
) -> None:
    monkeypatch.setattr(torch.version, "cuda", build)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    with pytest.raises(DeviceMissing) as caught:
        Engine.load(CheckpointSpec(made, device="cuda:3"))

    assert "waits for the CUDA device 'cuda:3'" in caught.value.message
    assert why in caught.value.message
    assert caught.value.code == "device_missing"


def test_weights_larger_than_memory_are_refused_before_they_are_read(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "available_bytes", lambda: 1000)

    with pytest.raises(OutOfMemory, match=r"need 0\.\d GB as float32 on cpu"):
        Engine.load(CheckpointSpec(made))


def test_int8_needs_the_memory_of_int8(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = ModelConfig.load(made)
    embedding = config.vocab_size * config.n_embd
    need = config.parameters + 3 * embedding  # the embedding stays in fp32, as it is stored
    monkeypatch.setattr(choose, "available_bytes", lambda: need - 1)

    with pytest.raises(OutOfMemory) as caught:
        Engine.load(CheckpointSpec(made, dtype="int8"))

    assert caught.value.details["needed"] == need
    monkeypatch.setattr(choose, "available_bytes", lambda: need)
    Engine.load(CheckpointSpec(made, dtype="int8"), cache_bytes=2**20)


def test_parameters_are_counted() -> None:
    full = ModelConfig(50400, 2048, 4096, 28, 16, 64, 1e-5)

    assert full.parameters == 6_050_882_784
    assert full.head_dim == 256
