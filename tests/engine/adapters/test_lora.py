"""Batches of adapters, compared with PEFT's own output."""

import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import GPTJForCausalLM

from tests.engine.adapters.peft_adapters import CONFIG, EVERY_MODULE, base_model, save_adapter
from tests.engine.tiny import KERNELS, Tiny, prompt_of, request, run
from workers.engine.adapters.adapter import Adapter, LowRank, module_shape, read_adapter
from workers.engine.adapters.bank import AdapterBank
from workers.engine.backends.native.adapters import NativeStore
from workers.engine.backends.torch.adapters import StackStore
from workers.engine.checkpoint.spec import Kernels, ModelConfig
from workers.engine.errors import AdapterShape

CPU = torch.device("cpu")
D = CONFIG.n_embd
COLUMNS = {
    "q_proj": slice(0, D),
    "k_proj": slice(D, 2 * D),
    "v_proj": slice(2 * D, 3 * D),
    "fc_in": slice(3 * D, 7 * D),
}


def stack_bank(dtype: torch.dtype = torch.float32, *, gathered_below: int = 0) -> AdapterBank:
    return AdapterBank(CONFIG, StackStore(CONFIG, CPU, dtype, gathered_below))


def native_bank() -> AdapterBank:
    return AdapterBank(CONFIG, NativeStore(CONFIG))


# Every implementation of a bank's product.
BANKS = [
    pytest.param(partial(stack_bank, gathered_below=0), id="products"),
    pytest.param(partial(stack_bank, gathered_below=3), id="small groups gathered"),
    pytest.param(partial(stack_bank, gathered_below=1000), id="gathered"),
    pytest.param(native_bank, id="native"),
]


def random_adapter(
    seed: int,
    rank: int = 3,
    modules: tuple[str, ...] = tuple(EVERY_MODULE),
    layers: tuple[int, ...] = (0, 1, 2),
    config: ModelConfig = CONFIG,
) -> Adapter:
    chance = torch.Generator().manual_seed(seed)

    def matrix(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=chance)

    weights = {}
    for layer in layers:
        for module in modules:
            out, into = module_shape(config, module)
            weights[layer, module] = LowRank(matrix(rank, into), matrix(out, rank), 0.5 + seed % 3)
    return Adapter(f"random {seed}", str(seed), weights)


def changes(bank: AdapterBank, slots: list[int], layer: int = 1) -> tuple[Tensor, ...]:
    """(input, change) of both projections of a layer, for rows with these slots."""
    chance = torch.Generator().manual_seed(5)
    x = torch.randn(len(slots), D, generator=chance)
    mixed = torch.randn(len(slots), 7 * D, generator=chance)[:, 2 * D :]
    wide, y = torch.zeros(len(slots), 7 * D), torch.zeros(len(slots), D)
    step = bank.step(slots)
    assert step is not None
    step.add_in(layer, x, wide)
    step.add_out(layer, mixed, y)
    return x, wide, mixed, y


def change_of(adapter: Adapter | None, layer: int, module: str, x: Tensor) -> Tensor:
    """The definition in fp64: scale * B (A x)."""
    pair = None if adapter is None else adapter.weights.get((layer, module))
    if pair is None:
        return torch.zeros(module_shape(CONFIG, module)[0], dtype=torch.float64)
    return pair.scale * (pair.b.double() @ (pair.a.double() @ x.double()))


def assert_changes(bank: AdapterBank, adapters: dict[int, Adapter], slots: list[int]) -> None:
    for layer in range(CONFIG.n_layer):
        x, wide, mixed, y = changes(bank, slots, layer)
        for row, slot in enumerate(slots):
            adapter = adapters.get(slot)
            expected = torch.cat([change_of(adapter, layer, name, x[row]) for name in COLUMNS])
            torch.testing.assert_close(wide[row].double(), expected, rtol=1e-5, atol=1e-4)
            attention, mlp = mixed[row, :D], mixed[row, D:]
            expected = change_of(adapter, layer, "out_proj", attention)
            expected += change_of(adapter, layer, "fc_out", mlp)
            torch.testing.assert_close(y[row].double(), expected, rtol=1e-5, atol=1e-4)


def adapted_logits(bank: AdapterBank, ids: Tensor, slots: list[int]) -> Tensor:
    """transformers' base model with the bank's changes added, never merged.

    ids [R, T], one slot for each of the R texts.
    """
    model = base_model()
    rows = ids.shape[1]
    step = bank.step([slot for slot in slots for _ in range(rows)])

    def adding(layer: int, module: str) -> Any:
        def hook(_: Any, inputs: tuple[Tensor], output: Tensor) -> Tensor:
            x = inputs[0].flatten(0, 1)
            y = output.flatten(0, 1).clone()
            if step is None:
                return output
            if module in COLUMNS:
                wide = torch.zeros(len(x), 7 * D)
                step.add_in(layer, x, wide)
                y += wide[:, COLUMNS[module]]
            else:
                mixed = torch.zeros(len(x), 5 * D)
                mixed[:, slice(0, D) if module == "out_proj" else slice(D, 5 * D)] = x
                step.add_out(layer, mixed, y)
            return y.view_as(output)

        return hook

    for layer, block in enumerate(model.transformer.h):
        for part in (block.attn, block.mlp):
            for name, module in part.named_children():
                if name in EVERY_MODULE:
                    module.register_forward_hook(adding(layer, name))
    with torch.inference_mode():
        logits: Tensor = model(ids).logits
    return logits


@pytest.mark.parametrize("bank", BANKS)
def test_a_batch_of_adapters_equals_peft_run_one_by_one(
    tmp_path: Path, bank: Callable[[], AdapterBank]
) -> None:
    saved = [
        save_adapter(tmp_path / "all", seed=1),
        save_adapter(tmp_path / "attention", seed=2, r=2, target_modules=["q_proj", "v_proj"]),
        save_adapter(tmp_path / "stable", seed=3, r=7, lora_alpha=3, use_rslora=True),
    ]
    names = ["all", "attention", "stable"]
    made = bank()
    slots = [made.load(read_adapter(name, tmp_path / name, CONFIG)) for name in names]
    ids = torch.randint(0, CONFIG.vocab_size, (5, 11), generator=torch.Generator().manual_seed(3))

    found = adapted_logits(made, ids, [slots[1], 0, slots[0], slots[2], slots[1]])

    with torch.inference_mode():
        base = base_model()(ids).logits
        expected = [adapted(ids).logits for adapted in saved]
    for row, reference in enumerate((expected[1], base, expected[0], expected[2], expected[1])):
        torch.testing.assert_close(found[row], reference[row], rtol=1e-5, atol=1e-5)
    assert (expected[0] - base).abs().max() > 0.1


@pytest.mark.parametrize("bank", BANKS)
@pytest.mark.parametrize(
    "slots",
    [[1], [0, 2, 0], [1, 1, 1, 2, 2], [2, 0, 1, 2, 3, 1, 1, 0, 3, 1], [3] * 40 + [1, 2]],
    ids=["one row", "one of three", "neighbours", "mixed", "a prompt beside decoding"],
)
def test_each_row_is_changed_by_its_own_adapter(
    slots: list[int], bank: Callable[[], AdapterBank]
) -> None:
    adapters = {
        1: random_adapter(1),
        2: random_adapter(2, rank=8, modules=("fc_in", "fc_out"), layers=(1,)),
        3: random_adapter(3, rank=1, modules=("v_proj", "out_proj")),
    }
    made = bank()
    for slot, adapter in adapters.items():
        assert made.load(adapter) == slot

    assert_changes(made, adapters, slots)


def test_steps_without_adapters_add_nothing() -> None:
    bank = stack_bank()
    bank.load(random_adapter(1))

    assert bank.step([0, 0, 0]) is None
    assert bank.step([]) is None


@pytest.mark.parametrize("bank", BANKS)
def test_slots_are_reused_without_old_contents(
    bank: Callable[[], AdapterBank],
) -> None:
    made = bank()
    first = made.load(random_adapter(1, rank=6))
    other = made.load(random_adapter(2))

    made.drop(first)
    again = made.load(random_adapter(3, rank=2, modules=("q_proj",), layers=(0,)))

    assert again == first
    adapters = {
        again: random_adapter(3, rank=2, modules=("q_proj",), layers=(0,)),
        other: random_adapter(2),
    }
    assert_changes(made, adapters, [first, other, 0, first])


@pytest.mark.parametrize("bank", BANKS)
def test_many_adapters_can_be_loaded(bank: Callable[[], AdapterBank]) -> None:
    made = bank()
    adapters = {}
    for seed in range(1, 20):
        adapter = random_adapter(seed, rank=1 + seed % 5)
        adapters[made.load(adapter)] = adapter

    assert sorted(adapters) == list(range(1, 20))
    assert_changes(made, adapters, [*range(20)])


@pytest.mark.parametrize("bank", BANKS)
def test_dropped_adapters_are_freed(bank: Callable[[], AdapterBank]) -> None:
    made, adapter = bank(), random_adapter(1)
    held = weakref.ref(adapter.weights[0, "q_proj"].a)
    slot = made.load(adapter)
    x, wide = torch.ones(1, D), torch.zeros(1, 7 * D)

    made.drop(slot)
    del adapter

    assert held() is None
    step = made.step([slot])
    assert step is not None
    step.add_in(0, x, wide)
    assert not wide.any()


@pytest.mark.parametrize("bank", BANKS)
def test_gathered_steps_read_slots_and_adapters_when_they_run(
    bank: Callable[[], AdapterBank],
) -> None:
    made = bank()
    made.load(random_adapter(1, rank=5))
    second = made.load(random_adapter(2))
    slots = torch.zeros(4, dtype=torch.int32)
    step, generation = made.gathered(slots), made.generation
    x = torch.randn(4, D, generator=torch.Generator().manual_seed(1))
    mixed = torch.randn(4, 5 * D, generator=torch.Generator().manual_seed(2))

    made.drop(second)
    adapter = random_adapter(9, rank=4)
    assert made.load(adapter) == second
    slots.copy_(torch.tensor([0, second, 0, second]))

    wide, y = torch.zeros(4, 7 * D), torch.zeros(4, D)
    step.add_in(2, x, wide)
    step.add_out(2, mixed, y)
    assert made.generation == generation
    for row in (1, 3):
        expected = torch.cat([change_of(adapter, 2, name, x[row]) for name in COLUMNS])
        torch.testing.assert_close(wide[row].double(), expected, rtol=1e-5, atol=1e-4)
        expected = change_of(adapter, 2, "out_proj", mixed[row, :D])
        expected += change_of(adapter, 2, "fc_out", mixed[row, D:])
        torch.testing.assert_close(y[row].double(), expected, rtol=1e-5, atol=1e-4)
    assert not wide[[0, 2]].any()
    assert not y[[0, 2]].any()


def test_the_generation_changes_when_memory_moves() -> None:
    bank = stack_bank()
    bank.load(random_adapter(1, rank=4, modules=("q_proj",)))
    seen = [bank.generation]

    bank.load(random_adapter(2, rank=2, modules=("q_proj",)))
    same = bank.generation
    for adapter in (
        random_adapter(3, rank=5, modules=("q_proj",)),
        random_adapter(4, rank=1, modules=("k_proj",)),
    ):
        bank.load(adapter)
        seen.append(bank.generation)
    bank.drop(4)
    seen.append(bank.generation)
    for _ in range(5):
        bank.load(random_adapter(5, rank=1, modules=("q_proj",)))
    seen.append(bank.generation)

    assert same == seen[0]
    assert len(set(seen)) == 5


def test_native_rows_are_the_same_alone_and_in_any_batch() -> None:
    bank = native_bank()
    for seed in (1, 2, 3):
        bank.load(random_adapter(seed, rank=2 * seed))
    slots = [1, 2, 0, 2, 3, 1, 1, 3, 2, 1, 0, 3]
    x, wide, mixed, y = changes(bank, slots)

    for row, slot in enumerate(slots):
        alone_wide, alone_y = torch.zeros(1, 7 * D), torch.zeros(1, D)
        step = bank.step([slot])
        if step is not None:
            step.add_in(1, x[row : row + 1], alone_wide)
            step.add_out(1, mixed[row : row + 1], alone_y)
        assert torch.equal(alone_wide[0], wide[row])
        assert torch.equal(alone_y[0], y[row])


def test_half_precision_banks_change_rows_of_their_dtype() -> None:
    bank = stack_bank(torch.bfloat16)
    adapter = random_adapter(1)
    slot = bank.load(adapter)
    x = torch.randn(3, D, dtype=torch.bfloat16, generator=torch.Generator().manual_seed(1))
    wide = torch.zeros(3, 7 * D, dtype=torch.bfloat16)
    step = bank.step([slot] * 3)
    assert step is not None

    step.add_in(0, x, wide)

    pair = adapter.weights[0, "k_proj"]
    expected = pair.scale * (x.float() @ pair.a.T @ pair.b.T)
    error = (wide[:, COLUMNS["k_proj"]].float() - expected).abs().max()
    assert error < 0.03 * expected.abs().max()


@pytest.mark.parametrize("bank", BANKS)
def test_an_adapter_of_another_model_is_refused_and_does_not_change_the_bank(
    bank: Callable[[], AdapterBank],
) -> None:
    larger = ModelConfig(80, 64, 48, 3, 6, 4, 1e-5)
    made = bank()

    with pytest.raises(AdapterShape, match="another model"):
        made.load(random_adapter(1, config=larger))

    assert made.load(random_adapter(2)) == 1


@pytest.mark.parametrize("kernels", KERNELS)
def test_requests_of_several_adapters_in_one_batch_decode_as_peft_does(
    tiny: Callable[..., Tiny], tmp_path: Path, kernels: Kernels
) -> None:
    served = tiny("small", kernels)
    config = served.model.config
    adapters: dict[str | None, Any] = {None: served.oracle}
    engine = served.engine(max_batch=4)
    settings: dict[str, dict[str, Any]] = {
        "all": {},
        "attention": {"r": 2, "target_modules": ["v_proj"]},
    }
    for name, fields in settings.items():
        base = GPTJForCausalLM.from_pretrained(served.folder, dtype=torch.float32)
        adapters[name] = save_adapter(tmp_path / name, base, seed=len(name), **fields)
        engine.load_adapter(name, read_adapter(name, tmp_path / name, config))
    requests = [
        replace(request(f"{index}", prompt_of(3 + 9 * index), 20, temperature=0), adapter=name)
        for index, name in enumerate([None, "all", "attention", "all", None, "attention"])
    ]

    results = run(engine, *requests)

    texts = set()
    for each in requests:
        ids = results[each.id].ids
        with torch.inference_mode():
            logits = adapters[each.adapter](torch.tensor([[*each.prompt_ids, *ids]])).logits[0]
            logits[:, served.vocabulary.filler_rows(logits.shape[1])] = -torch.inf
        assert ids == logits[len(each.prompt_ids) - 1 : -1].argmax(dim=-1).tolist()
        texts.add(tuple(ids))
    assert len(texts) == len(requests)
