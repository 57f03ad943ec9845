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
def make_checkpoint(folder: Path) -> Path:
    write(SMALL, folder)
    return folder


def tokens_of(folder: Path, **options: Any) -> list[int]:
    engine = Engine.load(CheckpointSpec(folder, **options))
    return run(engine, request("a", prompt_of(20), 16, temperature=0))["a"].ids


@pytest.fixture(scope="module")
def expected_logits(tmp_path_factory: pytest.TempPathFactory) -> list[int]:
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


def test_sharded_safetensors_load_as_one_file(folder: Path, expected_logits: list[int]) -> None:
    shards = RandomCheckpoint(SMALL.config, SMALL.dtype, SMALL.seed, SMALL.spread, 100_000)
    write(shards, folder)

    assert len(list(folder.glob("model-*.safetensors"))) > 3
    assert tokens_of(folder) == expected_logits


def test_pickled_weights_load_with_the_buffers_of_old_files(
    make_checkpoint: Path, expected_logits: list[int]
) -> None:
    buffers = {
        "transformer.h.0.attn.bias": torch.ones(1, 1, 9, 9, dtype=torch.uint8),
        "transformer.h.1.attn.masked_bias": torch.tensor(-1e9),
    }
    to_pickle(make_checkpoint, **buffers)

    assert tokens_of(make_checkpoint) == expected_logits


def test_sharded_pickled_weights_load(make_checkpoint: Path, expected_logits: list[int]) -> None:
    tensors = load_file(make_checkpoint / WEIGHTS)
    names = list(tensors)
    (make_checkpoint / WEIGHTS).unlink()
    places = {}
    for number, part in enumerate((names[:7], names[7:])):
        file = f"pytorch_model-{number}.bin"
        torch.save({name: tensors[name] for name in part}, make_checkpoint / file)
        places.update(dict.fromkeys(part, file))
    (make_checkpoint / f"{PICKLED}.index.json").write_text(json.dumps({"weight_map": places}))

    assert tokens_of(make_checkpoint) == expected_logits


def test_tensors_that_share_a_storage_load(
    make_checkpoint: Path, expected_logits: list[int]
) -> None:
    """As when a state dict was cut from one big tensor."""
    tensors = load_file(make_checkpoint / WEIGHTS)
    flat = torch.cat([tensor.flatten() for tensor in tensors.values()])
    at, views = 0, {}
    for name, tensor in tensors.items():
        views[name] = flat[at : at + tensor.numel()].view(tensor.shape)
        at += tensor.numel()
    torch.save(views, make_checkpoint / PICKLED)
    (make_checkpoint / WEIGHTS).unlink()

    assert tokens_of(make_checkpoint) == expected_logits


@pytest.mark.parametrize("stored", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("held", ["float32", "bfloat16", "float16", "int8"])
@pytest.mark.parametrize("kernels", KERNELS)
def test_dtypes_are_converted(folder: Path, stored: str, held: Dtype, kernels: Kernels) -> None:
    write(RandomCheckpoint(SMALL.config, stored, SMALL.seed, SMALL.spread), folder)
    oracle = load_file(folder / WEIGHTS)

    model, _ = weights.load_model(CheckpointSpec(folder, dtype=held, kernels=kernels))

    kind = getattr(torch, stored if held == "int8" else held)
    assert torch.equal(model.embedding, oracle["transformer.wte.weight"].to(kind))
    # Rows are computed in fp32 where weights can be widened during the product; so are their
    # biases.
    assert model.activations is (kind if kernels == "torch" and held != "int8" else torch.float32)
    assert model.head.bias.dtype is model.activations
    assert torch.equal(model.head.bias, oracle["lm_head.bias"].to(model.activations))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "int8"])
def test_narrow_dtypes_stay_near_fp32(make_checkpoint: Path, dtype: str) -> None:
    narrow = Engine.load(CheckpointSpec(make_checkpoint, dtype=dtype))  # type: ignore[arg-type]
    exact = Engine.load(CheckpointSpec(make_checkpoint))

    for low, high in zip(
        narrow.score(prompt_of(60))[1:], exact.score(prompt_of(60))[1:], strict=True
    ):
        assert low.logprob == pytest.approx(high.logprob, abs=0.5, rel=0.1)
    assert len(run(narrow, request("a", prompt_of(9), 8))["a"].tokens) <= 8


def test_every_tensor_has_its_own_place(make_checkpoint: Path) -> None:
    """Loading in pieces smaller than any matrix changes nothing."""
    whole = Engine.load(CheckpointSpec(make_checkpoint)).score(prompt_of(30))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights, "_STAGING_BYTES", 700)
        pieces = Engine.load(CheckpointSpec(make_checkpoint)).score(prompt_of(30))

    assert pieces == whole


def test_hashes_of_the_right_files_pass(make_checkpoint: Path, expected_logits: list[int]) -> None:
    digest = hashlib.sha256((make_checkpoint / WEIGHTS).read_bytes()).hexdigest()

    assert tokens_of(make_checkpoint, hashes={WEIGHTS: digest.upper()}) == expected_logits


def truncate(path: Path, left: float) -> None:
    """Truncates to `left` bytes, to that fraction if below one, or by `-left` bytes."""
    size = path.stat().st_size
    os.truncate(path, int(size + left if left < 0 else size * left if left < 1 else left))


# -- refusals ------------------------------------------------------------------------------------


def refusal(folder: Path, kind: type[CheckpointError], **options: Any) -> str:
    with pytest.raises(kind) as caught:
        Engine.load(CheckpointSpec(folder, **options))
    return caught.value.message


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert "nowhere" in refusal(tmp_path / "nowhere", CheckpointFileMissing)


@pytest.mark.parametrize("name", ["config.json", WEIGHTS, "tokenizer.json"])
def test_a_missing_file_is_named(make_checkpoint: Path, name: str) -> None:
    (make_checkpoint / name).unlink()

    assert name in refusal(make_checkpoint, CheckpointFileMissing)


def test_a_missing_shard_is_named(make_checkpoint: Path) -> None:
    (make_checkpoint / WEIGHTS).rename(make_checkpoint / "elsewhere")
    index = {"weight_map": {"lm_head.bias": "model-00001-of-00001.safetensors"}}
    (make_checkpoint / f"{WEIGHTS}.index.json").write_text(json.dumps(index))

    assert "model-00001-of-00001.safetensors" in refusal(make_checkpoint, CheckpointFileMissing)


@pytest.mark.parametrize("place", ["../outside.safetensors", "/etc/passwd", "code.py"])
def test_an_index_may_not_point_elsewhere(make_checkpoint: Path, place: str) -> None:
    (make_checkpoint / WEIGHTS).rename(make_checkpoint.parent / "outside.safetensors")
    (make_checkpoint / f"{WEIGHTS}.index.json").write_text(json.dumps({"weight_map": {"x": place}}))

    assert "index" in refusal(make_checkpoint, CheckpointUnsafe)


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
def test_another_architecture_is_refused(make_checkpoint: Path, field: str, value: object) -> None:
    edit_config(make_checkpoint, **{field: value})

    message = refusal(make_checkpoint, CheckpointUnsupported)

    assert field in message
    assert "config.json" in message


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_damaged_config_is_refused(make_checkpoint: Path, content: str) -> None:
    (make_checkpoint / "config.json").write_text(content)

    assert "config.json" in refusal(make_checkpoint, CheckpointCorrupt)


@pytest.mark.parametrize("left", [0, 4, 200, 0.5, -1])
def test_truncated_safetensors_are_refused(make_checkpoint: Path, left: float) -> None:
    path = make_checkpoint / WEIGHTS
    truncate(path, left)

    message = refusal(make_checkpoint, CheckpointCorrupt)

    assert WEIGHTS in message
    assert "truncated" in message


@pytest.mark.parametrize("left", [0, 300, 0.5, -1])
def test_truncated_pickles_are_refused(make_checkpoint: Path, left: float) -> None:
    to_pickle(make_checkpoint)
    path = make_checkpoint / PICKLED
    truncate(path, left)

    assert PICKLED in refusal(make_checkpoint, CheckpointCorrupt)


def test_a_header_that_lies_is_refused(make_checkpoint: Path) -> None:
    header = b'{"lm_head.bias":{"dtype":"F32","shape":[300],"data_offsets":[0,8]}}'
    (make_checkpoint / WEIGHTS).write_bytes(struct.pack("<Q", len(header)) + header + bytes(2000))

    assert "lm_head.bias" in refusal(make_checkpoint, CheckpointCorrupt)


@pytest.mark.parametrize("header", [b"[1, 2]", b"{{{{", b'{"a": 1}', b'{"a":{"dtype":"F32"}}'])
def test_an_invalid_header_is_refused(make_checkpoint: Path, header: bytes) -> None:
    (make_checkpoint / WEIGHTS).write_bytes(struct.pack("<Q", len(header)) + header)

    assert WEIGHTS in refusal(make_checkpoint, CheckpointCorrupt)


def test_a_missing_tensor_is_named(make_checkpoint: Path) -> None:
    def edit(tensors: dict[str, torch.Tensor]) -> None:
        del tensors["transformer.h.1.mlp.fc_in.bias"]

    edit_weights(make_checkpoint, edit)

    assert "transformer.h.1.mlp.fc_in.bias" in refusal(make_checkpoint, CheckpointShape)


def test_a_misshapen_tensor_is_named_with_both_shapes(make_checkpoint: Path) -> None:
    edit_config(make_checkpoint, vocab_size=301)

    message = refusal(make_checkpoint, CheckpointShape)

    assert "transformer.wte.weight" in message
    assert "[300, 64]" in message
    assert "[301, 64]" in message


def test_tensors_of_more_layers_are_refused(make_checkpoint: Path) -> None:
    edit_config(make_checkpoint, n_layer=1)

    assert "transformer.h.1" in refusal(make_checkpoint, CheckpointShape)


def test_a_dtype_that_weights_cannot_have_is_refused(make_checkpoint: Path) -> None:
    def edit(tensors: dict[str, torch.Tensor]) -> None:
        tensors["lm_head.bias"] = tensors["lm_head.bias"].to(torch.int64)

    edit_weights(make_checkpoint, edit)

    assert "I64" in refusal(make_checkpoint, CheckpointUnsupported)


class Code:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (os.environ["PROOF"],))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_with_code_is_refused_and_not_run(
    make_checkpoint: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    proof = make_checkpoint / "the code ran"
    monkeypatch.setenv("PROOF", str(proof))
    (make_checkpoint / WEIGHTS).unlink()
    if zipped:
        torch.save({"lm_head.bias": Code()}, make_checkpoint / PICKLED)
    else:
        (make_checkpoint / PICKLED).write_bytes(pickle.dumps({"lm_head.bias": Code()}, protocol=2))

    assert PICKLED in refusal(make_checkpoint, CheckpointUnsafe)
    assert not proof.exists()


def test_a_pickle_of_old_torch_is_refused_with_what_to_do(make_checkpoint: Path) -> None:
    tensors = load_file(make_checkpoint / WEIGHTS)
    torch.save(tensors, make_checkpoint / PICKLED, _use_new_zipfile_serialization=False)
    (make_checkpoint / WEIGHTS).unlink()

    assert "safetensors" in refusal(make_checkpoint, CheckpointUnsafe)


@pytest.mark.parametrize("content", [[1, 2], {"a": "text"}])
def test_a_pickle_of_something_else_is_refused(make_checkpoint: Path, content: object) -> None:
    (make_checkpoint / WEIGHTS).unlink()
    torch.save(content, make_checkpoint / PICKLED)

    assert PICKLED in refusal(make_checkpoint, CheckpointUnsupported)


def test_a_changed_file_is_refused(make_checkpoint: Path) -> None:
    digest = hashlib.sha256((make_checkpoint / WEIGHTS).read_bytes()).hexdigest()
    with (make_checkpoint / WEIGHTS).open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x01")

    message = refusal(make_checkpoint, CheckpointChanged, hashes={WEIGHTS: digest})

    assert WEIGHTS in message
    assert digest in message


def test_a_hashed_file_that_is_missing_is_named(make_checkpoint: Path) -> None:
    assert "extra.json" in refusal(
        make_checkpoint, CheckpointFileMissing, hashes={"extra.json": "0" * 64}
    )


@pytest.mark.parametrize("device", ["mps", "nonsense"])
def test_an_unknown_device_is_named(make_checkpoint: Path, device: str) -> None:
    assert device in refusal(make_checkpoint, CheckpointUnsupported, device=device)


@pytest.mark.parametrize(
    ("build", "count", "why"),
    [
        (None, 0, "is built without CUDA"),
        ("12.8", 0, "torch finds none"),
        ("12.8", 3, "torch finds 3, numbered from cuda:0"),
    ],
)
def test_a_missing_device_is_a_reason_to_wait(
    make_checkpoint: Path, monkeypatch: pytest.MonkeyPatch, build: str | None, count: int, why: str
) -> None:
    monkeypatch.setattr(torch.version, "cuda", build)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    with pytest.raises(DeviceMissing) as caught:
        Engine.load(CheckpointSpec(make_checkpoint, device="cuda:3"))

    assert "waits for the CUDA device 'cuda:3'" in caught.value.message
    assert why in caught.value.message
    assert caught.value.code == "device_missing"


def test_weights_larger_than_memory_are_refused_before_they_are_read(
    make_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "available_bytes", lambda: 1000)

    with pytest.raises(OutOfMemory, match=r"need 0\.\d GB as float32 on cpu"):
        Engine.load(CheckpointSpec(make_checkpoint))


def test_int8_needs_the_memory_of_int8(
    make_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ModelConfig.load(make_checkpoint)
    embedding = config.vocab_size * config.n_embd
    need = config.parameters + 3 * embedding  # the embedding stays in fp32, as it is stored
    monkeypatch.setattr(choose, "available_bytes", lambda: need - 1)

    with pytest.raises(OutOfMemory) as caught:
        Engine.load(CheckpointSpec(make_checkpoint, dtype="int8"))

    assert caught.value.details["needed"] == need
    monkeypatch.setattr(choose, "available_bytes", lambda: need)
    Engine.load(CheckpointSpec(make_checkpoint, dtype="int8"), cache_bytes=2**20)


def test_parameters_are_counted() -> None:
    full = ModelConfig(50400, 2048, 4096, 28, 16, 64, 1e-5)

    assert full.parameters == 6_050_882_784
    assert full.head_dim == 256
