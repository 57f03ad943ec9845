"""The one tree of errors, and their one shape.

    PlaygroundError
    ├── InvalidInput            400  a field is wrong: `field` names it
    │   ├── NothingChanged      400  a version would be as the last one is
    │   ├── PromptEmpty         400
    │   ├── TextTooLong         400
    │   │   └── PromptTooLong   400  with its completion more than the model sees
    │   ├── UnknownModel        400
    │   └── AdapterRefused      400  a folder holds no adapter that can be served
    ├── Forbidden               403
    │   └── SignInRequired      403
    ├── NotFound                404  also for what belongs to somebody else
    │   ├── UnknownTopic        404  nobody has said how to follow this kind
    │   └── ModelDeleted        404  a tuned model that its owner has deleted
    ├── QuotaReached            409  what is kept must be deleted first
    ├── ImportRunning           409  with `retry_after`
    ├── ImportInterrupted       409  what is left comes in by importing again
    ├── RequestTimeout          408  the request came too slowly
    ├── BodyTooLarge            413  more bytes were sent than the route takes
    ├── TooManyRuns             429  with `retry_after`
    ├── TooManyTries            429  with `retry_after`, where it is known
    ├── TooManyBodies           429  an address sends too much at a time
    ├── TooManyFollowed         429  a page follows as much as it may
    ├── WrongSetting            500  a setting that the start ends at; no visitor sees it
    ├── LogDamaged              500  what Redis holds of a run is no log
    ├── StorageRefused          500  the database refused it, and would again
    └── Unavailable             503  try again
        ├── QueueUnavailable    503  Redis is full or out of reach
        ├── ModelNotReady       503  weights or tokenizer missing or wrong
        ├── ServerBusy          503  as much is under way as the server can hold
        └── StorageBusy         503  the database did not answer in time

The shape, in JSON: ``{"error": {"code", "message", "field"}}``. Codes are
stable; the message is a sentence for people that says what to do.
"""

from typing import Any, ClassVar


class PlaygroundError(Exception):
    """An error that a person is told. Subclasses fix `code` and `status`."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500

    def __init__(
        self, message: str, *, field: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        # Seconds after which another try makes sense.
        self.retry_after = retry_after

    def to_json(self) -> dict[str, Any]:
        """The error's one shape."""
        return {"error": {"code": self.code, "message": self.message, "field": self.field}}


class InvalidInput(PlaygroundError):
    code = "invalid_input"
    status = 400


class NothingChanged(InvalidInput):
    code = "nothing_changed"


class PromptEmpty(InvalidInput):
    code = "prompt_empty"


class TextTooLong(InvalidInput):
    code = "text_too_long"


class PromptTooLong(TextTooLong):
    code = "prompt_too_long"


class UnknownModel(InvalidInput):
    code = "unknown_model"


class AdapterRefused(InvalidInput):
    code = "adapter_refused"


class Forbidden(PlaygroundError):
    code = "forbidden"
    status = 403


class SignInRequired(Forbidden):
    code = "sign_in_required"


class NotFound(PlaygroundError):
    code = "not_found"
    status = 404


class UnknownTopic(NotFound):
    code = "unknown_topic"


class ModelDeleted(NotFound):
    code = "model_deleted"


class QuotaReached(PlaygroundError):
    code = "quota_reached"
    status = 409


class ImportRunning(PlaygroundError):
    code = "import_running"
    status = 409


class ImportInterrupted(PlaygroundError):
    code = "import_interrupted"
    status = 409


class RequestTimeout(PlaygroundError):
    code = "request_timeout"
    status = 408


class BodyTooLarge(PlaygroundError):
    code = "body_too_large"
    status = 413


class TooManyRuns(PlaygroundError):
    code = "too_many_runs"
    status = 429


class TooManyTries(PlaygroundError):
    code = "too_many_tries"
    status = 429


class TooManyBodies(PlaygroundError):
    code = "too_many_bodies"
    status = 429


class TooManyFollowed(PlaygroundError):
    code = "too_many_followed"
    status = 429


class WrongSetting(PlaygroundError):
    code = "wrong_setting"


class LogDamaged(PlaygroundError):
    code = "log_damaged"


class StorageRefused(PlaygroundError):
    code = "storage_refused"


class Unavailable(PlaygroundError):
    code = "unavailable"
    status = 503


class QueueUnavailable(Unavailable):
    code = "queue_unavailable"


class ModelNotReady(Unavailable):
    code = "model_not_ready"


class ServerBusy(Unavailable):
    code = "server_busy"


class StorageBusy(Unavailable):
    code = "storage_busy"
