"""The trainer learns, and its result depends only on its batches."""

from pathlib import Path

import torch
from torch.nn import functional

from tests.training.tiny import batches_of, make_trainer
from workers.training.checkpoint import resume_from_checkpoint, save_checkpoint
from workers.training.optimizers import make_optimizers
from workers.training.trainer import Trainer


def assert_same_state(one: Trainer, other: Trainer) -> None:
    """Equal to the bit: weights, moments of the optimizers, position."""
    first, second = one.state(), other.state()
    assert (first["step"], first["tokens"]) == (second["step"], second["tokens"])
    for name, tensor in first["network"].items():
        assert tensor.equal(second["network"][name]), name
    for ours, theirs in zip(first["optimizers"], second["optimizers"], strict=True):
        assert ours["param_groups"] == theirs["param_groups"]
        for parameter, values in ours["state"].items():
            for name, value in values.items():
                assert value.equal(theirs["state"][parameter][name]), (parameter, name)


def test_the_loss_falls() -> None:
    trainer = make_trainer(steps=30)
    batches = batches_of(0)

    results = [trainer.train_step(batches) for _ in range(8)]

    losses = [result.loss / result.positions for result in results]
    assert losses[-1] < losses[0] - 0.1
    assert trainer.mean_loss(batches) < losses[-1]


def test_fifty_steps_are_those_of_a_plain_loop() -> None:
    """As ``tools/demo_model`` trains: the same to the bit, whatever else the trainer can do."""
    trainer, plain = make_trainer(steps=60), make_trainer(steps=60)
    network, optimizers = plain.network, make_optimizers(plain.network, rate=1.0)
    for step in range(50):
        batches = batches_of(step)
        trainer.train_step(batches)

        positions = sum(len(batch.targets) for batch in batches)
        for parameter in network.parameters():
            parameter.grad = torch.zeros_like(parameter)
        for batch in batches:
            states = network.hidden(batch.ids).flatten(0, 1)[batch.positions]
            loss = functional.cross_entropy(network.lm_head(states), batch.targets, reduction="sum")
            gradients = torch.autograd.grad(loss, list(network.parameters()))
            for parameter, gradient in zip(network.parameters(), gradients, strict=True):
                parameter.grad.add_(gradient, alpha=1 / positions)  # type: ignore[union-attr]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = plain.schedule.rate(step)
            optimizer.step()

    for name, tensor in network.state_dict().items():
        assert tensor.equal(trainer.network.state_dict()[name]), name


def test_threads_change_no_bit() -> None:
    alone, beside = make_trainer(threads=1), make_trainer(threads=3)
    for step in range(4):
        results = {trainer.train_step(batches_of(step)) for trainer in (alone, beside)}
        assert len(results) == 1

    assert_same_state(alone, beside)


def test_a_resumed_run_ends_like_an_undisturbed_one(tmp_path: Path) -> None:
    straight, stopped, resumed = make_trainer(), make_trainer(), make_trainer(threads=1)
    for step in range(8):
        straight.train_step(batches_of(step))
    for step in range(5):
        stopped.train_step(batches_of(step))
        if step == 3:
            save_checkpoint(stopped, tmp_path / "checkpoint.pt")

    resume_from_checkpoint(resumed, tmp_path / "checkpoint.pt")

    assert resumed.step == 4
    for step in range(4, 8):
        resumed.train_step(batches_of(step))
    assert resumed.is_finished
    assert_same_state(straight, resumed)


def test_a_run_without_a_checkpoint_starts_from_the_beginning(tmp_path: Path) -> None:
    trainer = make_trainer()

    resume_from_checkpoint(trainer, tmp_path / "checkpoint.pt")

    assert trainer.step == 0
    assert not trainer.is_finished


def test_validation_changes_nothing() -> None:
    looked, plain = make_trainer(), make_trainer()
    for step in range(3):
        looked.train_step(batches_of(step))
        assert looked.mean_loss(batches_of(100)) == looked.mean_loss(batches_of(100))
        plain.train_step(batches_of(step))

    assert_same_state(looked, plain)
