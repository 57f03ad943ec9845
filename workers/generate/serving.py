"""What a generate worker holds: its row, the engine's loop, the sweep."""

import os
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager

import structlog
from django.conf import settings
from django.db import close_old_connections

from playground.batches.starting import rows_sweep
from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Adapter
from playground.checkpoints.selectors import ready_digests
from playground.core.erasing import erasure_do
from playground.core.failures import is_passing, reason_of, warn_once
from playground.live.tokenlog import token_log
from playground.runs.adapters import adapters_sweep
from playground.runs.leases import runs_to_stop, sweep, worker_runs_release
from playground.scores.leases import scores_sweep, worker_scores_end, worker_scores_release
from workers.engine.engine import Engine
from workers.engine.request import Finish, Request, SamplingParams, StepOutput
from workers.engine.scoring import TokenScore
from workers.engine.text import TextStream
from workers.engine.watchdog import Watchdog
from workers.generate.live import LiveRun
from workers.generate.publisher import Publisher
from workers.generate.tuned_models import TunedModels
from workers.process.options import Options
from workers.process.row import Load, WorkerRow

# The exit status of a worker whose device or engine failed; `up` starts it again.
EXIT_ENGINE_FAILED = 70
# Over how many seconds of busy steps the shown speed is measured.
SPEED_WINDOW = 5.0
SPEED_FIRST_WINDOW = 0.25
# The first tokens of a process are slow: memory is touched and kernels are
# chosen for the first time. They are made before anybody waits for them.
WARM_UP_TOKENS = 4
# Long enough for the engine to learn what a row of a prompt costs.
WARM_UP_PROMPT = 32
WARM_UP_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Serving:
    """One model on one device, for as long as the process lives."""

    def __init__(self, options: Options) -> None:
        self.name = options.name
        self.spec = options.spec
        self.slots = options.slots
        self.row = WorkerRow(
            name=options.name,
            job=GENERATE,
            model=options.spec.name,
            device=options.device,
            slots=options.slots,
            measure_load=self._load,
        )
        self.stopping = threading.Event()
        self.engine: Engine | None = None
        self.tuned_models: TunedModels | None = None
        self.speed: float | None = None
        # By run and choice.
        self._live: dict[tuple[str, int], LiveRun] = {}
        # Held while a thread works on a score: one does at a time.
        self.scoring = threading.Lock()
        self._lock = threading.Lock()
        self._window_tokens, self._window_seconds = 0, 0.0
        self.publisher = Publisher(
            token_log=token_log(),
            expire=settings.LOG_EXPIRY_SECONDS,
            on_cancel=self.abort,
            on_stale=self._on_stale,
            on_broken=self.abort,
        )

    # --- Starting and stopping ------------------------------------------------

    def register(self) -> None:
        """Takes the worker's row, and releases what its former self held."""
        self.row.register()
        worker_runs_release(worker=self.name)
        worker_scores_end(worker=self.name)

    def serve(self, engine: Engine) -> None:
        """Begins to step ``engine``, once it is warm, and to sweep."""
        _warm_up(engine)
        self.engine = engine
        self.tuned_models = TunedModels(engine, most=settings.ADAPTERS_LOADED)
        self.publisher.start()
        threading.Thread(target=self._steps, name="engine", daemon=True).start()
        threading.Thread(target=self._sweeps, name="sweep", daemon=True).start()

    def hand_over(self) -> None:
        """Gives every live run back to the queue: another worker goes on from its log."""
        with self._lock:
            runs = list(self._live.values())
        for live in runs:
            live.handed_over = True
            self.abort(live)
        try:
            worker_scores_release(worker=self.name)
        except Exception as error:
            # The lease ends them a little later.
            log.warning("release_failed", worker=self.name, error=reason_of(error))

    # --- Runs -----------------------------------------------------------------

    def hold_adapter(self, adapter: Adapter | None) -> AbstractContextManager[str | None]:
        """See `TunedModels.hold`."""
        if self.tuned_models is None:
            raise RuntimeError("hold_adapter before serve")
        return self.tuned_models.hold(adapter)

    def submit(self, choices: Sequence[LiveRun], requests: Sequence[Request]) -> None:
        """Gives a run to the engine: all of its choices, in one request or in several of the run's
        id. Raises `workers.engine.errors.RequestError`."""
        if self.engine is None:
            raise RuntimeError("submit before serve")
        with self._lock:
            self._live.update((live.key, live) for live in choices)
        try:
            for request in requests:
                self.engine.submit(request)
        except Exception:
            self.abort(choices[0])
            for live in choices:
                self._drop(live)
            raise

    def texts_of(self, token_ids: Sequence[int], *, stops: tuple[str, ...]) -> list[str]:
        """The text that each of these tokens of one completion adds, as `Engine.step` gives it."""
        if self.engine is None:
            raise RuntimeError("texts_of before serve")
        stream = TextStream(self.engine.vocabulary, stops)
        return [stream.push(token_id) for token_id in token_ids]

    def score(self, token_ids: Sequence[int], *, top: int, adapter: str | None) -> list[TokenScore]:
        """See `Engine.score`. Runs go on meanwhile."""
        if self.engine is None:
            raise RuntimeError("score before serve")
        return self.engine.score(token_ids, top=top, adapter=adapter)

    def abort(self, live: LiveRun) -> None:
        """All choices of the run end with the next step; their slots are free then."""
        if self.engine is not None:
            self.engine.abort(live.id)

    def _on_stale(self, live: LiveRun) -> None:
        live.stale = True
        self.abort(live)

    def _drop(self, live: LiveRun) -> None:
        with self._lock:
            self._live.pop(live.key, None)

    # --- Threads --------------------------------------------------------------

    def _steps(self) -> None:
        """Schedule, run, postprocess, until the process ends."""
        engine = self.engine
        if engine is None:
            raise RuntimeError("steps before serve")
        watchdog = Watchdog(settings.WATCHDOG_SECONDS)
        while True:
            if not engine.has_work:
                watchdog.disarm()
            engine.wait(None)
            begun = time.perf_counter()
            try:
                with watchdog:
                    outputs = engine.step()
            # The engine keeps one request's failure to itself; what comes out
            # of a step is the device's end, and so the process's.
            except BaseException:
                log.exception("engine_failed", worker=self.name)
                os._exit(EXIT_ENGINE_FAILED)
            self._measure(self._route(outputs), time.perf_counter() - begun)

    def _route(self, outputs: list[StepOutput]) -> int:
        """Hands a step's outputs to their runs. Returns how many tokens they were."""
        produced: dict[tuple[str, int], LiveRun] = {}
        tokens = 0
        finished: list[tuple[LiveRun, Finish]] = []
        for output in outputs:
            live = self._live.get((output.request_id, output.choice))
            if live is None:
                continue
            if isinstance(output, Finish):
                self._drop(live)
                # A run that was complete when it was resumed has it in its log already.
                if live.generated or output.reason in ("abort", "error"):
                    live.add_tail(output.tail, unsent=live.key in produced)
                finished.append((live, output))
                if output.reason == "error":
                    # The run has failed, so that nobody waits for its other choices.
                    self.abort(live)
            else:
                live.add(output)
                produced[live.key] = live
                tokens += 1
        for live in produced.values():
            live.batch = max(live.batch, len(produced))
        if produced:
            self.publisher.send(list(produced.values()))
        # After the publisher knows the last token: whoever waits may go on.
        for live, finish in finished:
            live.end(finish)
        return tokens

    def _measure(self, tokens: int, seconds: float) -> None:
        self._window_tokens += tokens
        self._window_seconds += seconds
        enough = SPEED_WINDOW if self.speed else SPEED_FIRST_WINDOW
        if self._window_seconds >= enough:
            self.speed = self._window_tokens / self._window_seconds
            self._window_tokens, self._window_seconds = 0, 0.0

    def _load(self) -> Load:
        return Load(live=len(self._live), tokens_per_second=self.speed)

    def _sweeps(self) -> None:
        while not self.stopping.is_set():
            try:
                self._sweep()
                erasure_do()
            except Exception as error:
                if is_passing(error):
                    log.warning("sweep_failed", error=reason_of(error))
                else:
                    warn_once("sweep_failed", row=self.name, error=error)
            finally:
                close_old_connections()
            self.stopping.wait(settings.SWEEP_SECONDS)

    def _sweep(self) -> None:
        with self._lock:
            live = list(self._live.values())
        runs = {each.run.pk: each for each in live}
        for run_id in runs_to_stop(runs):
            self.abort(runs[run_id])
        sweep(model=self.spec.name, free_slots=self.slots - len(live))
        adapters_sweep()
        if self.tuned_models is not None and (digests := self.tuned_models.digests):
            self.tuned_models.drop_unused(keep=ready_digests(digests))
        scores_sweep(model=self.spec.name)
        rows_sweep()


def _warm_up(engine: Engine) -> None:
    """Generates a few tokens for nobody, for `WARM_UP_SECONDS` and a step at most."""
    end = engine.vocabulary.eos_id
    engine.submit(
        Request("warm-up", (end,) * WARM_UP_PROMPT, SamplingParams(max_tokens=WARM_UP_TOKENS))
    )
    deadline = time.monotonic() + WARM_UP_SECONDS
    while engine.has_work:
        if time.monotonic() > deadline:
            engine.abort("warm-up")
        engine.wait(WARM_UP_SECONDS)
        engine.step()
