"""What an exception means: one request's failure, or the device's. No torch."""

from __future__ import annotations

from workers.engine.errors import DeviceFailed, EngineError, OutOfMemory, RequestFailed

_FATAL = ("CUDA error", "device-side assert", "CUBLAS_STATUS", "CUDNN_STATUS")
_MEMORY = ("can't allocate memory", "out of memory", "not enough memory")


def classify(error: Exception) -> EngineError:
    """The engine's error for any exception: its own kind, `OutOfMemory`, `DeviceFailed` (after
    which nothing on the device can be trusted), or `RequestFailed`."""
    if isinstance(error, EngineError):
        return error
    kind, text = type(error).__name__, str(error)
    if (
        isinstance(error, MemoryError)
        or kind == "OutOfMemoryError"
        or any(sign in text for sign in _MEMORY)
    ):
        return OutOfMemory(
            "There was not enough memory for this request. Shorten the prompt or max_tokens, or "
            f"try again when less is running. ({_first_line(text) or kind})"
        )
    if kind == "AcceleratorError" or any(sign in text for sign in _FATAL):
        return DeviceFailed(f"The device failed: {_first_line(text)}")
    return RequestFailed(f"The request failed in the engine: {kind}: {_first_line(text)}")


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:300]
