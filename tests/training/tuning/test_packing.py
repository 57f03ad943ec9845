"""Packed rows see themselves alone, as in transformers with positions that begin anew."""

import random
from pathlib import Path

import pytest
import torch
from transformers import GPTJForCausalLM

from workers.training.loss import summed_packed_loss
from workers.training.packing import PackedRows, label_states, pack_rows
from workers.training.tuning.base import Base, load_base

LENGTHS = (9, 3, 14, 14, 2)
BEGINS = (5, 1, 12, 3, 1)


@pytest.fixture(scope="module")
def base(base_folder: Path) -> Base:
    return load_base(base_folder)


@pytest.fixture(scope="module")
def oracle(base_folder: Path) -> GPTJForCausalLM:
    return GPTJForCausalLM.from_pretrained(base_folder, attn_implementation="eager").eval()


def rows_of(lengths: tuple[int, ...], seed: int = 1) -> list[list[int]]:
    rng = random.Random(seed)
    return [[rng.randrange(256) for _ in range(length)] for length in lengths]


@torch.no_grad()
def test_transformers_computes_the_same_from_reset_positions(
    base: Base, oracle: GPTJForCausalLM
) -> None:
    rows = rows_of(LENGTHS)
    batch = pack_rows(rows, BEGINS)

    ours = base.network.lm_head(
        base.network.states(batch.ids, PackedRows(batch, base.network.table, last_layer=None))
    )

    # Without these three the rows would see each other.
    theirs = oracle(
        input_ids=batch.ids[None],
        position_ids=batch.positions[None],
        attention_mask=None,
        use_cache=False,
    ).logits[0]
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_labels_alone_are_what_all_tokens_are(base: Base) -> None:
    batch = pack_rows(rows_of(LENGTHS), BEGINS)
    everything = base.network.states(
        batch.ids, PackedRows(batch, base.network.table, last_layer=None)
    )

    labels = label_states(base.network, batch)

    torch.testing.assert_close(labels, everything[batch.at], atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_padding_changes_nothing(base: Base) -> None:
    rows = rows_of(LENGTHS)

    packed, padded = pack_rows(rows, BEGINS), pack_rows(rows, BEGINS, padded=True)

    assert packed.targets.equal(padded.targets)
    assert (packed.tokens, len(packed.ids)) == (42, 42)
    assert (padded.tokens, len(padded.ids)) == (42, 70)
    torch.testing.assert_close(
        label_states(base.network, packed), label_states(base.network, padded), atol=1e-5, rtol=1e-5
    )


@torch.no_grad()
def test_long_rows_attend_by_the_fused_kernel_to_the_same(
    base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = pack_rows(rows_of(LENGTHS), BEGINS)
    plain = label_states(base.network, batch)

    monkeypatch.setattr("workers.training.packing.LONGEST_PLAIN", 1)

    torch.testing.assert_close(label_states(base.network, batch), plain, atol=1e-5, rtol=1e-5)


def test_the_loss_is_of_completions_and_their_ends(base: Base, oracle: GPTJForCausalLM) -> None:
    rows = rows_of(LENGTHS)

    loss = summed_packed_loss(base.network, pack_rows(rows, BEGINS), precision="fp32")

    expected = 0.0
    for row, begin in zip(rows, BEGINS, strict=True):
        ids = torch.tensor([row])
        labels = ids.clone()
        labels[:, :begin] = -100
        mean = oracle(input_ids=ids, labels=labels).loss.item()
        expected += mean * (len(row) - begin)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_recomputed_layers_and_parts_of_the_head_give_the_same_gradients(
    base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = pack_rows(rows_of(LENGTHS), BEGINS)
    parameters = [parameter.requires_grad_() for parameter in base.network.transformer.parameters()]

    def gradients(**options: bool) -> tuple[torch.Tensor, ...]:
        loss = summed_packed_loss(base.network, batch, precision="fp32", **options)
        return torch.autograd.grad(loss, parameters)

    plain = gradients()
    recomputed = gradients(recompute=True)
    monkeypatch.setattr("workers.training.loss.LOGITS_AT_ONCE", 264 * 3)
    in_parts = gradients()

    for one, other, third in zip(plain, recomputed, in_parts, strict=True):
        assert one.equal(other)
        torch.testing.assert_close(one, third, atol=1e-4, rtol=1e-4)
    base.network.requires_grad_(False)


def test_the_first_token_of_a_row_is_never_learnt() -> None:
    with pytest.raises(ValueError, match="follows nothing"):
        pack_rows([[1, 2]], [0])
