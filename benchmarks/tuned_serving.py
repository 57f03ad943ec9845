"""Several tuned models and their base in one batch of the engine, and texts as they are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tokenizers import Tokenizer

from workers.engine.adapters.adapter import read_adapter
from workers.engine.checkpoint.spec import CheckpointSpec, ModelConfig
from workers.engine.engine import Engine
from workers.engine.request import Finish, Request, SamplingParams
from workers.training.tuning.evaluation.report import Evaluation

BATCH = 32
PROMPTS = 8
MAX_TOKENS = 128
CACHE_BYTES = 512 * 2**20


class Served(Protocol):
    """What of a trained job is served."""

    @property
    def name(self) -> str: ...
    @property
    def adapter(self) -> Path: ...
    @property
    def fresh(self) -> Evaluation: ...


@dataclass(frozen=True)
class Answer:
    """A prompt's text in the batch of all, and alone."""

    model: str
    prompt: str
    expected: str
    together: str
    alone: str


@dataclass(frozen=True)
class _Asked:
    model: str
    prompt: str
    expected: str
    adapter: str | None


def sample_texts(base: Path, model: Served, temperature: float) -> dict[str, str]:
    """A text for each fresh prompt of ``model``, with this temperature; seeds are the numbers."""
    engine, tokenizer = _load(base, [model])
    asked = {
        number: _Asked(model.name, output.prompt, output.expected, model.name)
        for number, output in enumerate(model.fresh.outputs)
    }
    texts = _texts(engine, tokenizer, asked, temperature)
    return {asked[number].prompt: text for number, text in texts.items()}


def serve_together(base: Path, models: Sequence[Served]) -> list[Answer]:
    """``PROMPTS`` prompts of each model, the base too, all at once and then each alone."""
    engine, tokenizer = _load(base, models)
    asked = []
    for model in models:
        # The worst come first, so from all of them.
        outputs = model.fresh.outputs[:: -(-len(model.fresh.outputs) // PROMPTS)]
        asked += [
            _Asked(model.name, output.prompt, output.expected, model.name) for output in outputs
        ]
    asked += [_Asked("base", each.prompt, each.expected, None) for each in asked[::3]]
    # Neighbours in the batch are of different models.
    order = sorted(range(len(asked)), key=lambda number: number % PROMPTS)
    together = _texts(engine, tokenizer, {number: asked[number] for number in order})
    alone: dict[int, str] = {}
    for number, each in enumerate(asked):
        alone |= _texts(engine, tokenizer, {number: each})
    return [
        Answer(each.model, each.prompt, each.expected, together[number], alone[number])
        for number, each in enumerate(asked)
    ]


def _load(base: Path, models: Sequence[Served]) -> tuple[Engine, Tokenizer]:
    engine = Engine.load(
        CheckpointSpec(base, dtype="float32"), max_batch=BATCH, cache_bytes=CACHE_BYTES
    )
    config = ModelConfig.load(base)
    for model in models:
        engine.load_adapter(model.name, read_adapter(model.name, model.adapter, config))
    return engine, Tokenizer.from_file(str(base / "tokenizer.json"))


def _texts(
    engine: Engine, tokenizer: Tokenizer, asked: Mapping[int, _Asked], temperature: float = 0
) -> dict[int, str]:
    for number, each in asked.items():
        params = SamplingParams(max_tokens=MAX_TOKENS, temperature=temperature, seed=number)
        ids = tuple(tokenizer.encode(each.prompt).ids)
        engine.submit(Request(str(number), ids, params, adapter=each.adapter))
    texts = dict.fromkeys(asked, "")
    while engine.has_work:
        for output in engine.step():
            number = int(output.request_id)
            if isinstance(output, Finish):
                if output.error is not None:
                    raise output.error
                texts[number] += output.tail
            else:
                texts[number] += output.text
    return texts
