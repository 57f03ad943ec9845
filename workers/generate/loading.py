"""Loads the model's checkpoint into an engine, and says why while it cannot."""

import math
import threading
import time
from pathlib import Path

import structlog

from playground.checkpoints.files import checkpoint_folder
from playground.checkpoints.models import Worker
from playground.checkpoints.registry import ModelSpec
from playground.checkpoints.tokenizers import tokenizer_for
from playground.core.errors import ModelNotReady
from workers.engine.backends.devices import find_device
from workers.engine.checkpoint.spec import CheckpointSpec
from workers.engine.engine import Engine
from workers.engine.errors import DeviceMissing, EngineError, printable
from workers.process.options import Options
from workers.process.row import WorkerRow

# How often a worker that is not ready looks whether its files have changed, and
# how often it asks the hub again.
LOOK_SECONDS = 1.0
HUB_RETRY_SECONDS = 30.0
# After a failure that is none of the known ones: what it waits for is unknown too.
UNKNOWN_RETRY_SECONDS = 60.0
# How often it looks for a device that is not there: a driver may be loaded meanwhile.
DEVICE_RETRY_SECONDS = 30.0

log = structlog.get_logger("workers")


def load_until_ready(row: WorkerRow, options: Options, stop: threading.Event) -> Engine | None:
    """The loaded engine, or None when told to stop before there was one.

    A model that cannot be loaded is said once, precisely, and tried again only
    when its files have changed: no crash loop.
    """
    spec = options.spec
    tried: object = object()
    retry_at = math.inf
    before = (_files(spec), _device_look(row))
    while not stop.is_set():
        seen = (_files(spec), _device_look(row))
        # Files that change from one look to the next are still being copied.
        if (seen != tried or time.monotonic() > retry_at) and seen == before:
            retry_at = math.inf
            try:
                return _load(row, options)
            except (EngineError, ModelNotReady) as error:
                _show_not_ready(row, spec, error)
            # What nobody thought of must not end the process either: it would start again and
            # again, and pages would say nothing.
            except Exception as error:
                retry_at = time.monotonic() + UNKNOWN_RETRY_SECONDS
                reason = printable(f"Loading failed: {type(error).__name__}: {error}")
                row.show(Worker.State.NOT_READY, reason)
                log.exception("model_not_ready", model=spec.name, reason=reason)
            tried = (seen[0], _device_look(row))
        before = seen
        stop.wait(LOOK_SECONDS)
    return None


def _show_not_ready(row: WorkerRow, spec: ModelSpec, error: EngineError | ModelNotReady) -> None:
    """On the page, and once in the log however often the same is tried."""
    shown = row.detail
    row.show(Worker.State.NOT_READY, error.message, reason=error.code)
    if shown != error.message:
        log.error("model_not_ready", model=spec.name, reason=error.message)


def _load(row: WorkerRow, options: Options) -> Engine:
    spec = options.spec
    # Before it is said to load: a device that is looked for again and again is still missing.
    find_device(options.device)
    row.show(Worker.State.LOADING)
    # Runs need it too, so what is wrong with it is said before any is taken.
    tokenizer_for(spec)
    engine = Engine.load(
        CheckpointSpec(
            folder=checkpoint_folder(spec),
            dtype=spec.dtype,
            device=options.device,
            hashes=spec.sha256,
        ),
        max_batch=options.slots,
        cache_bytes=spec.cache_mb * 2**20 if spec.cache_mb else None,
        tokens_per_second=spec.tokens_per_second,
    )
    log.info("model_loaded", model=spec.name, dtype=spec.dtype, kernels=engine.kernels)
    return engine


def _device_look(row: WorkerRow) -> object:
    """Changes after a while when it is the device that is missing: no file tells of one."""
    if row.reason != DeviceMissing.code:
        return None
    return time.monotonic() // DEVICE_RETRY_SECONDS


def _files(spec: ModelSpec) -> object:
    """Changes when a file in the model's folder does; a hub model's, after a while."""
    if spec.path is None:
        return time.monotonic() // HUB_RETRY_SECONDS
    try:
        return sorted(
            (str(file), file.stat().st_size, file.stat().st_mtime_ns)
            for file in Path(spec.path).iterdir()
        )
    except OSError:
        return None
