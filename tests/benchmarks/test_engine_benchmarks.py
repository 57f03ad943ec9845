"""The deciding parts of the engine's benchmarks: which requests are served, and what counts."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from benchmarks.engine_accuracy import batch_dependence, divergence, scored_logprobs
from benchmarks.engine_bandwidth import cache_bytes, weight_bytes
from benchmarks.engine_checkpoint import BIAS, small_config, write_checkpoint
from benchmarks.engine_report import Report, Target, percentile, spread
from benchmarks.engine_requests import (
    LEAST_NEW,
    LONGEST,
    MAX_NEW,
    PREFIXES,
    SHORTEST,
    arrivals,
    make_trace,
)
from benchmarks.peers.ours import OursPeer, load_engine
from workers.engine.checkpoint.spec import ModelConfig
from workers.engine.text import Vocabulary

ROOT = Path(__file__).resolve().parents[2]
TINY = ModelConfig(300, 512, 64, 2, 4, 8, 1e-5)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(TINY, tmp_path_factory.mktemp("benchmark"))


def test_the_trace_has_the_lengths_it_promises() -> None:
    trace = make_trace("a", 1000)

    lengths = [len(request.prompt) for request in trace]
    wanted = [request.new_tokens for request in trace]

    assert len(trace) == 64
    assert (min(lengths), max(lengths)) == (SHORTEST, LONGEST)
    assert (min(wanted), max(wanted)) == (LEAST_NEW, MAX_NEW)


def test_three_of_four_prompts_begin_with_one_of_five_prefixes() -> None:
    shared = [request for request in make_trace("a", 1000) if request.shared]

    beginnings = {request.prompt[: request.shared] for request in shared}

    assert len(shared) == 48
    assert sorted(len(prefix) for prefix in beginnings) == sorted(PREFIXES)
    assert all(len(request.prompt) >= request.shared + SHORTEST for request in shared)


def test_a_trace_is_a_function_of_its_seed() -> None:
    assert make_trace("a", 1000) == make_trace("a", 1000)
    assert make_trace("a", 1000) != make_trace("b", 1000)


def test_arrivals_come_in_order_at_their_rate() -> None:
    times = arrivals("a", 4000, 5.0)

    assert times == sorted(times)
    assert times[-1] == pytest.approx(4000 / 5.0, rel=0.1)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 50), (0.99, 99), (0.999, 100), (1.0, 100), (0.01, 1)]
)
def test_percentile_is_the_nearest_rank(share: float, expected: int) -> None:
    values = list(range(1, 101))
    random.Random(1).shuffle(values)

    assert percentile(values, share) == expected


def test_spread_shows_median_minimum_and_maximum() -> None:
    assert spread([3.0, 1.0, 2.0], 1) == "2.0 (1.0-3.0)"
    assert spread([3.0]) == "3"


@pytest.mark.parametrize(
    ("value", "at_most", "holds"),
    [(2.0, False, True), (1.9, False, False), (2.0, True, True), (2.1, True, False)],
)
def test_a_target_knows_which_side_is_better(value: float, at_most: bool, holds: bool) -> None:
    assert Target("name", value, 2.0, "x", at_most).holds is holds


def test_a_report_ends_with_its_result(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("name", "title", "a machine")
    report.table(("peer", "tokens/s"), [("ours", "5")])
    report.targets.append(Target("speed", 1.23456, 1.0, "x"))

    report.finish(save=False)

    *_, last = capsys.readouterr().out.splitlines()
    assert "| ours |        5 |" in report.lines
    assert json.loads(last.removeprefix("RESULT ")) == {
        "targets": [{"name": "speed", "value": 1.235, "target": 1.0, "unit": "x", "holds": True}],
        "machine": "a machine",
    }


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_bias_forbids_rows_that_must_not_be_drawn(dtype: str, tmp_path: Path) -> None:
    write_checkpoint(TINY, tmp_path, dtype)

    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        bias = file.get_tensor("lm_head.bias").float()
    vocabulary = Vocabulary.load(tmp_path)
    assert bias[vocabulary.eos_id :].eq(torch.tensor(BIAS).to(getattr(torch, dtype)).float()).all()
    assert bias[: vocabulary.eos_id].abs().max() < 1


def test_every_other_row_is_a_token(checkpoint: Path) -> None:
    vocabulary = Vocabulary.load(checkpoint)

    assert vocabulary.eos_id == TINY.vocab_size - 1
    assert vocabulary.filler_rows(TINY.vocab_size) == []


def test_divergence_is_kl_over_the_rows_that_both_have() -> None:
    p = torch.tensor([[0.5, 0.25, 0.25, 0.0]]).log()
    q = torch.tensor([[0.25, 0.5, 0.25, 0.0]]).log()

    found = divergence(p, q)

    assert found.tolist() == pytest.approx([0.25 * torch.tensor(2.0).log().item()])
    assert divergence(p, p).abs().max() == 0


def test_logprobs_behind_score_are_the_models_own(checkpoint: Path) -> None:
    from benchmarks.peers.transformers_peer import TransformersPeer

    engine = load_engine(checkpoint, "float32", max_batch=1, cache_bytes=2**24)
    ids = random.Random(3).choices(range(250), k=150)

    found = scored_logprobs(engine)(ids)[:-1]

    expected = TransformersPeer(checkpoint, torch.float32).logprobs(ids)[:-1]
    assert divergence(expected, found).max() < 1e-9


def test_a_request_in_fp32_is_the_same_alone_and_in_a_batch(checkpoint: Path) -> None:
    engine = load_engine(checkpoint, "float32", max_batch=4, cache_bytes=2**24, prefix_cache=False)

    assert batch_dependence(OursPeer(engine), 250, 4, 8) == (0.0, 0)


def test_a_timeline_has_a_time_for_each_token(checkpoint: Path) -> None:
    peer = OursPeer(load_engine(checkpoint, "float32", max_batch=2, cache_bytes=2**24))

    held = [peer.submit([1, 2, 3], 5), peer.submit([4], 2, logprobs=0)]
    peer.run()

    assert [len(each.ids) for each in held] == [5, 2]
    assert all(each.finished and len(each.times) == len(each.ids) for each in held)
    assert all(each.times == sorted(each.times) and each.times[0] > each.arrived for each in held)
    assert [len(each.logprobs) for each in held] == [0, 2]


def test_a_step_reads_all_weights_but_the_embedding() -> None:
    config = small_config()

    assert config.parameters == pytest.approx(162e6, rel=0.01)
    assert weight_bytes(config, "float32") == 4 * (config.parameters - 50_400 * 768)
    assert weight_bytes(config, "int8") * 4 == weight_bytes(config, "float32")
    assert cache_bytes(config, "float32", 2, 100) == 2 * 12 * 768 * 4 * 200
    assert cache_bytes(config, "int8", 2, 100) == 2 * 12 * 768 * 2 * 200


@pytest.mark.parametrize("benchmark", ["engine", "engine_trace"])
def test_no_benchmark_has_ctranslate2_in_the_process_of_the_engine(benchmark: str) -> None:
    """It would take threads from torch; see benchmarks/peers/ctranslate2_peer.py."""
    program = f"import sys, benchmarks.{benchmark}; print('ctranslate2' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )

    assert done.stdout.strip() == "False"
