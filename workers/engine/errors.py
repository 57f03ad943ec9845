"""Everything the engine refuses or fails with.

    EngineError                 code, message for people, details (JSON values)
      RequestError              the request cannot be served as it is; raised by `submit`
        InvalidParameter          invalid_parameter     a field is outside its range
        EmptyPrompt               prompt_empty
        PromptTooLong             prompt_too_long       does not fit the context
        TokenOutOfRange           token_out_of_range    an id the model has no row for
        DuplicateRequest          duplicate_request     the id is held already
        CacheTooSmall             cache_too_small       can never fit the key/value cache
        AdapterUnknown            adapter_unknown       no adapter of that name is loaded
      CheckpointError           the weights cannot be served; raised by `Engine.load`
        CheckpointFileMissing     checkpoint_file_missing
        CheckpointCorrupt         checkpoint_corrupt     truncated or not readable
        CheckpointShape           checkpoint_shape       tensors missing, extra or misshapen
        CheckpointUnsupported     checkpoint_unsupported not GPT-J as this engine knows it
        CheckpointChanged         checkpoint_changed     SHA-256 differs from the registered one
        CheckpointUnsafe          checkpoint_unsafe      a pickle that would run code
      AdapterError              an adapter cannot be served; raised where it is read or loaded
        AdapterFileMissing        adapter_file_missing
        AdapterCorrupt            adapter_corrupt       truncated, not readable, not finite
        AdapterShape              adapter_shape         tensors missing, extra or misshapen
        AdapterUnsupported        adapter_unsupported   not LoRA as this engine knows it
        AdapterUnsafe             adapter_unsafe        a pickle that would run code
        AdapterExists             adapter_exists        the name is loaded already
      RunError                  one request failed while it ran; comes in its `Finish`
        OutOfMemory               out_of_memory          (also from `load`)
        NonFiniteLogits           non_finite_logits
        RequestFailed             request_failed         anything else, with its text
      DeviceMissing             device_missing          not there now; raised by `Engine.load`
      DeviceFailed              device_failed           the device is gone: `step` raises it

Codes are stable; messages may be reworded.
"""

from __future__ import annotations

from typing import ClassVar

Detail = str | int | float | bool | None

# For a message; a damaged file could make it endless.
MAX_MESSAGE = 1_000


class EngineError(Exception):
    """An error with a stable code, a sentence for people, and what was wrong."""

    code: ClassVar[str] = "engine_error"

    def __init__(self, message: str, **details: Detail) -> None:
        self.message = printable(message)
        self.details = {
            name: printable(detail) if isinstance(detail, str) else detail
            for name, detail in details.items()
        }
        super().__init__(self.message)


def printable(text: str) -> str:
    """`text` as every row, log and page can hold it: a message may quote a damaged file, in which
    there can be a NUL or half of a character."""
    if len(text) > MAX_MESSAGE:
        text = f"{text[: MAX_MESSAGE - 1]}…"
    return text if text.isprintable() else "".join(map(_printable_letter, text))


def _printable_letter(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode()


class RequestError(EngineError):
    code = "invalid_request"


class InvalidParameter(RequestError):
    """A sampling parameter outside its range; `details["field"]` names it."""

    code = "invalid_parameter"

    def __init__(self, field: str, allowed: str, value: object) -> None:
        super().__init__(
            f"{field} must be {allowed}; it is {value!r:.80}.", field=field, allowed=allowed
        )


class EmptyPrompt(RequestError):
    code = "prompt_empty"


class PromptTooLong(RequestError):
    code = "prompt_too_long"


class TokenOutOfRange(RequestError):
    code = "token_out_of_range"


class DuplicateRequest(RequestError):
    code = "duplicate_request"


class CacheTooSmall(RequestError):
    code = "cache_too_small"


class AdapterUnknown(RequestError):
    code = "adapter_unknown"


class CheckpointError(EngineError):
    code = "checkpoint_error"


class CheckpointFileMissing(CheckpointError):
    code = "checkpoint_file_missing"


class CheckpointCorrupt(CheckpointError):
    code = "checkpoint_corrupt"


class CheckpointShape(CheckpointError):
    code = "checkpoint_shape"


class CheckpointUnsupported(CheckpointError):
    code = "checkpoint_unsupported"


class CheckpointChanged(CheckpointError):
    code = "checkpoint_changed"


class CheckpointUnsafe(CheckpointError):
    code = "checkpoint_unsafe"


class AdapterError(EngineError):
    code = "adapter_error"


class AdapterFileMissing(AdapterError):
    code = "adapter_file_missing"


class AdapterCorrupt(AdapterError):
    code = "adapter_corrupt"


class AdapterShape(AdapterError):
    code = "adapter_shape"


class AdapterUnsupported(AdapterError):
    code = "adapter_unsupported"


class AdapterUnsafe(AdapterError):
    code = "adapter_unsafe"


class AdapterExists(AdapterError):
    code = "adapter_exists"


class RunError(EngineError):
    code = "request_failed"


class OutOfMemory(RunError):
    code = "out_of_memory"


class NonFiniteLogits(RunError):
    code = "non_finite_logits"


class RequestFailed(RunError):
    code = "request_failed"


class DeviceMissing(EngineError):
    """The device is missing: it may come with a driver, a reboot, or another build of torch."""

    code = "device_missing"


class DeviceFailed(EngineError):
    code = "device_failed"
