"""Tiny random models, and running requests on them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from tools.random_checkpoint import RandomCheckpoint
from workers.engine.backends.interface import Backend, Cache, CacheLayout
from workers.engine.checkpoint.spec import CheckpointSpec, Dtype, Kernels, ModelConfig
from workers.engine.engine import Engine
from workers.engine.model.gptj import GPTJ
from workers.engine.model.weights import load_model
from workers.engine.request import Finish, Request, SamplingParams, StepOutput, TokenOutput
from workers.engine.text import Vocabulary

# A wide spread makes distributions as uneven as a trained model's, so tests see real choices.
SIZES = {
    "small": RandomCheckpoint(ModelConfig(300, 512, 64, 2, 4, 8, 1e-5), "float32", 21, 0.2),
    "wide_heads": RandomCheckpoint(ModelConfig(420, 512, 512, 2, 2, 64, 1e-5), "float32", 31, 0.05),
    "full_rotary": RandomCheckpoint(ModelConfig(260, 512, 96, 4, 6, 16, 1e-6), "float32", 9, 0.15),
    "odd_sizes": RandomCheckpoint(ModelConfig(307, 512, 120, 3, 5, 6, 1e-5), "float32", 14, 0.15),
}


@dataclass
class Tiny:
    folder: Path
    model: GPTJ
    backend: Backend
    vocabulary: Vocabulary
    _oracle: list[Any] = field(default_factory=list)

    def engine(self, **options: Any) -> Engine:
        return Engine(self.model, self.backend, self.vocabulary, **options)

    def cache(self, blocks: int) -> Cache:
        return self.backend.cache(self.model.config, self.model.rotations, blocks)

    @property
    def cache_layout(self) -> CacheLayout:
        return self.backend.cache_layout(self.model.config)

    @property
    def oracle(self) -> Any:
        """transformers' model of the same checkpoint, in fp32."""
        if not self._oracle:
            from transformers import GPTJForCausalLM

            model = GPTJForCausalLM.from_pretrained(self.folder, dtype=torch.float32)
            self._oracle.append(model.eval())
        return self._oracle[0]

    def oracle_logits(self, ids: Iterable[int]) -> torch.Tensor:
        """[tokens, vocab], with invalid rows at -inf."""
        with torch.inference_mode():
            logits = self.oracle(torch.tensor([list(ids)])).logits[0].float()
            logits[:, self.vocabulary.filler_rows(logits.shape[1])] = -torch.inf
        return logits

    def oracle_next(self, prompt: tuple[int, ...], generated: list[int]) -> list[int]:
        """The likeliest token at each generated position, given the tokens before it.

        It equals `generated` exactly when greedy decoding by the oracle gives `generated`.
        """
        logits = self.oracle_logits([*prompt, *generated[:-1]])
        likeliest: list[int] = logits[len(prompt) - 1 :].argmax(dim=-1).tolist()
        return likeliest


KERNELS: tuple[Kernels, ...] = ("auto", "torch")


def load_tiny(folder: Path, kernels: Kernels = "auto", dtype: Dtype = "float32") -> Tiny:
    return load_tiny_from(CheckpointSpec(folder, dtype=dtype, kernels=kernels))


def load_tiny_from(spec: CheckpointSpec) -> Tiny:
    model, backend = load_model(spec)
    return Tiny(spec.folder, model, backend, Vocabulary.load(spec.folder))


def prompt_of(length: int, seed: int = 0) -> tuple[int, ...]:
    return tuple(random.Random(f"{length}/{seed}").choices(range(256), k=length))


def request(
    name: str,
    prompt: tuple[int, ...],
    max_tokens: int = 32,
    *,
    generated: tuple[int, ...] = (),
    **params: Any,
) -> Request:
    return Request(name, prompt, SamplingParams(max_tokens=max_tokens, **params), generated)


@dataclass
class Result:
    """All outputs of one choice."""

    tokens: list[TokenOutput] = field(default_factory=list)
    finish: Finish | None = None

    @property
    def ids(self) -> list[int]:
        return [output.token_id for output in self.tokens]

    @property
    def text(self) -> str:
        assert self.finish is not None
        return "".join(output.text for output in self.tokens) + self.finish.tail


def collect(outputs: Iterable[StepOutput], results: dict[str, Result]) -> None:
    """Adds outputs to the results by request; choices except the first are `id/choice`."""
    for output in outputs:
        name = f"{output.request_id}/{output.choice}" if output.choice else output.request_id
        result = results.setdefault(name, Result())
        assert result.finish is None, "output after the finish"
        if isinstance(output, Finish):
            result.finish = output
        else:
            result.tokens.append(output)


def run(engine: Engine, *requests: Request) -> dict[str, Result]:
    """Submits all requests and steps until the engine is idle."""
    results: dict[str, Result] = {}
    for each in requests:
        engine.submit(each)
    while engine.has_work:
        collect(engine.step(), results)
    return results


def run_alone(tiny: Tiny, each: Request) -> Result:
    return run(tiny.engine(), each)[each.id]


def run_mixed(engine: Engine, requests: list[Request], seed: int = 0) -> dict[str, Result]:
    """Submits at random times between steps, with other requests that come and are aborted."""
    chance = random.Random(seed)
    left = list(requests)
    results: dict[str, Result] = {}
    companions = 0
    while left or engine.has_work:
        if left and chance.random() < 0.3:
            engine.submit(left.pop(0))
        if left and chance.random() < 0.2:
            companions += 1
            engine.submit(request(f"companion {companions}", prompt_of(chance.randint(1, 150)), 20))
        if companions and chance.random() < 0.1:
            engine.abort(f"companion {chance.randint(1, companions)}")
        collect(engine.step(), results)
    return {each.id: results[each.id] for each in requests}
