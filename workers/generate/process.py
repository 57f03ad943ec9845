"""The process of a generate worker: load, be ready, take rings, wind down.

It shows its state (loading, ready, not ready and why) as a row that pages
read, and tries again when a missing file appears.
"""

import argparse
import contextlib
import logging
import math
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from types import FrameType

import structlog
from celery import signals
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.worker import state as celery_state
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections

from playground.checkpoints.files import checkpoint_folder
from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Worker
from playground.checkpoints.registry import ModelSpec, registry
from playground.checkpoints.tokenizers import tokenizer_for
from playground.core.environment import EXIT_WRONG_SETTING
from playground.core.errors import ModelNotReady, UnknownModel
from playground.core.redis_clients import refusal
from playground.core.schema import newer_database
from playground.core.valkey import answers
from playground.core.valkey_server import explain_absence
from workers.engine.checkpoint import CheckpointSpec
from workers.engine.engine import Engine
from workers.engine.errors import DeviceMissing, EngineError, printable
from workers.engine.weights import find_device
from workers.generate.run import serve_ring
from workers.generate.serving import Serving
from workers.process.app import answer_rings, app

log = structlog.get_logger("workers")

# How often a worker that is not ready looks whether its files have changed, and
# how often it asks the hub again.
LOOK_AGAIN_SECONDS = 1.0
HUB_AGAIN_SECONDS = 30.0
# After a failure that is none of the known ones: what it waits for is unknown too.
UNKNOWN_AGAIN_SECONDS = 60.0
# How often it looks for a device that is not there: a driver may be loaded meanwhile.
DEVICE_AGAIN_SECONDS = 30.0


def run_worker(arguments: list[str] | None = None) -> int:
    """Runs until told to stop. Returns the exit status, 0 for a clean end."""
    options = _options(arguments)
    try:
        spec = registry().get(options.model)
    except (UnknownModel, ImproperlyConfigured) as error:
        print(error, file=sys.stderr)
        return EXIT_WRONG_SETTING
    name = options.name or GENERATE.worker_name(spec.name, options.device)
    if long := _too_long(name=name, device=options.device):
        print(long, file=sys.stderr)
        return EXIT_WRONG_SETTING
    if reason := refusal():
        print(f"Redis refuses what REDIS_URL says: {reason}.", file=sys.stderr)
        return 1
    with contextlib.suppress(DatabaseError):
        if newer := newer_database():
            print(newer, file=sys.stderr)
            return EXIT_WRONG_SETTING
    stop = threading.Event()
    _stop_on_signals(stop)

    serving = Serving(
        name=name,
        spec=spec,
        device=options.device,
        slots=options.slots or spec.slots,
    )
    try:
        serving.register()
    except DatabaseError as error:
        print(f"The database cannot be used: {error}. Check DATABASE_URL.", file=sys.stderr)
        return 1
    engine = _load_until_ready(serving, stop) if _await_valkey(serving, stop) else None
    if engine is None:
        serving.say(Worker.State.STOPPED)
        return 0
    serving.serve(engine)
    answer_rings(GENERATE, lambda: serve_ring(serving))

    def take_rings(**_: object) -> None:
        """Celery listens now: only from here on can a run be served."""
        serving.say(Worker.State.READY)
        log.info("worker_ready", worker=serving.name, model=spec.name, device=serving.device)

    def wind_down(**_: object) -> None:
        """Stops claiming; what does not finish in time goes back to the queue."""
        serving.stopping.set()
        hand_over = threading.Timer(settings.SHUTDOWN_GRACE_SECONDS, serving.hand_over)
        # A worker with nothing left to hand over need not wait for it.
        hand_over.daemon = True
        hand_over.start()

    signals.worker_ready.connect(take_rings, weak=False)
    signals.worker_shutting_down.connect(wind_down, weak=False)
    # A receiver keeps Celery from raising the root logger's level: the settings' logging stays.
    signals.setup_logging.connect(_keep_logging, weak=False)
    # Celery warns of root because of pickles; JSON is all that we accept, and
    # in a container root is the usual user. It also warns, at each lost
    # connection, of a default for late acknowledgement, which we do not use.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
    # A fork-free pool shares this process, so its connections stay its own.
    connections.close_all()
    app.worker_main(
        [
            "--quiet",
            "worker",
            "--pool=threads",
            f"--concurrency={serving.slots}",
            f"--queues={GENERATE.queue_name(spec.name)}",
            f"--hostname={serving.name}",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
        ]
    )
    serving.publisher.stop(timeout=2.0)
    serving.say(Worker.State.STOPPED)
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="worker", description=__doc__)
    parser.add_argument("--model", required=True, help="a name in the model registry")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:0, ...")
    parser.add_argument("--slots", type=int, help="runs decoded at a time; default: the registry's")
    parser.add_argument("--name", help="stable across restarts; default: model, device and host")
    return parser.parse_args(arguments)


def _too_long(**values: str) -> str:
    """What is wrong with values that the worker's row has no room for; "" when all fit."""
    for column, value in values.items():
        most = int(getattr(Worker._meta.get_field(column), "max_length", 0))
        if len(value) > most:
            option = f"--{column}"
            return f"{option} has {len(value)} characters; {most} is the most. Give a shorter one."
    return ""


def _keep_logging(**_: object) -> None:
    """Django has configured the logs. Celery's own say a line for each ring: only its troubles."""
    if settings.LOG_LEVEL != "DEBUG":
        logging.getLogger("celery").setLevel(logging.WARNING)


def _stop_on_signals(stop: threading.Event) -> None:
    """While loading, and until Celery has put its own handlers in place."""

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()
        # Celery looks at this as soon as it runs: no signal falls in between.
        celery_state.should_stop = 0

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


def _await_valkey(serving: Serving, stop: threading.Event) -> bool:
    """True once the embedded server answers, if there is to be one; False when told to stop.

    A socket that is not where this process looks for it is said, and not only tried for ever.
    """
    socket_path: Path = settings.EMBEDDED_SOCKET
    if not settings.REDIS.embedded:
        return True
    said = ""
    while not answers(socket_path):
        reason = explain_absence(settings.VAR_DIR, socket_path)
        if reason != said:
            said = reason
            serving.say(Worker.State.NOT_READY, reason)
            log.error("valkey_not_found", reason=reason)
        if stop.wait(LOOK_AGAIN_SECONDS):
            return False
    return True


def _load_until_ready(serving: Serving, stop: threading.Event) -> Engine | None:
    """The loaded engine, or None when told to stop before there was one.

    A model that cannot be loaded is said once, precisely, and tried again only
    when its files have changed: no crash loop.
    """
    tried: object = object()
    again = math.inf
    before = (_signature(serving.spec), _device_look(serving))
    while not stop.is_set():
        seen = (_signature(serving.spec), _device_look(serving))
        # Files that change from one look to the next are still being copied.
        if (seen != tried or time.monotonic() > again) and seen == before:
            again = math.inf
            try:
                return _load(serving)
            except (EngineError, ModelNotReady) as error:
                _say_not_ready(serving, error)
            # What nobody thought of must not end the process either: it would start again and
            # again, and pages would say nothing.
            except Exception as error:
                again = time.monotonic() + UNKNOWN_AGAIN_SECONDS
                reason = printable(f"Loading failed: {type(error).__name__}: {error}")
                serving.say(Worker.State.NOT_READY, reason)
                log.exception("model_not_ready", model=serving.spec.name, reason=reason)
            tried = (seen[0], _device_look(serving))
        before = seen
        stop.wait(LOOK_AGAIN_SECONDS)
    return None


def _say_not_ready(serving: Serving, error: EngineError | ModelNotReady) -> None:
    """On the page, and once in the log however often the same is tried."""
    told = serving.detail
    serving.say(Worker.State.NOT_READY, error.message, reason=error.code)
    if told != error.message:
        log.error("model_not_ready", model=serving.spec.name, reason=error.message)


def _load(serving: Serving) -> Engine:
    # Before it is said to load: a device that is looked for again and again is still missing.
    find_device(serving.device)
    serving.say(Worker.State.LOADING)
    spec = serving.spec
    # Runs need it too, so what is wrong with it is said before any is taken.
    tokenizer_for(spec)
    engine = Engine.load(
        CheckpointSpec(
            folder=checkpoint_folder(spec),
            dtype=spec.dtype,
            device=serving.device,
            hashes=spec.sha256,
        ),
        max_batch=serving.slots,
        cache_bytes=spec.cache_mb * 2**20 if spec.cache_mb else None,
        tokens_per_second=spec.tokens_per_second,
    )
    log.info("model_loaded", model=spec.name, dtype=spec.dtype, kernels=engine.kernels)
    return engine


def _device_look(serving: Serving) -> object:
    """Changes after a while when it is the device that is missing: no file tells of one."""
    if serving.reason != DeviceMissing.code:
        return None
    return time.monotonic() // DEVICE_AGAIN_SECONDS


def _signature(spec: ModelSpec) -> object:
    """Changes when a file in the model's folder does; a hub model's, after a while."""
    if spec.path is None:
        return time.monotonic() // HUB_AGAIN_SECONDS
    try:
        return sorted(
            (str(file), file.stat().st_size, file.stat().st_mtime_ns)
            for file in Path(spec.path).iterdir()
        )
    except OSError:
        return None
