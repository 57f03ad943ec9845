"""The one tree of errors, and their one shape.

    PlaygroundError
    ├── InvalidInput            400  a field is wrong: `field` names it
    │   ├── NothingChanged      400  a version would be as the last one is
    │   ├── PromptEmpty         400
    │   ├── TextTooLong         400
    │   │   └── PromptTooLong   400  with its completion more than the model sees
    │   ├── CannotTrain         400  a fine-tune that does not fit, or has nothing to learn from
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
    ├── UploadMoved             409  the upload is at another place than the sender believes
    ├── UploadExpired           410  an upload that nobody continued in time
    ├── BodyTooLarge            413  more bytes were sent than the route takes
    ├── WrongContentType        415  the body is of another type than the route takes
    ├── WrongChecksum           460  what arrived is not what was sent
    ├── TooManyRuns             429  with `retry_after`
    ├── TooManyTries            429  with `retry_after`, where it is known
    ├── TooManyBodies           429  an address sends too much at a time
    ├── TooManyFollowed         429  a page follows as much as it may
    ├── WrongSetting            500  a setting that the start ends at; no visitor sees it
    ├── LogDamaged              500  what Redis holds of a run is no log
    ├── StorageRefused          500  the database refused it, and would again
    ├── NoModel                 500  a fine-tune ended before there was a model
    └── Unavailable             503  try again
        ├── QueueUnavailable    503  Redis is full or out of reach
        ├── ModelNotReady       503  weights or tokenizer missing or wrong
        ├── ServerBusy          503  as much is under way as the server can hold
        ├── StorageBusy         503  the database did not answer in time
        └── DiskFull            507  there is no room for a file

The shape, in JSON: ``{"error": {"code", "message", "field"}}``. Codes are
stable; the message is a sentence for people that says what to do.
"""

from typing import Any, ClassVar


class PlaygroundError(Exception):
    """An error for a person. Subclasses fix `code` and `status`."""

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


class CannotTrain(InvalidInput):
    code = "cannot_train"


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


class UploadMoved(PlaygroundError):
    code = "upload_moved"
    status = 409


class UploadExpired(PlaygroundError):
    code = "upload_expired"
    status = 410


class BodyTooLarge(PlaygroundError):
    code = "body_too_large"
    status = 413


class WrongContentType(PlaygroundError):
    code = "wrong_content_type"
    status = 415


class WrongChecksum(PlaygroundError):
    code = "wrong_checksum"
    status = 460


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


class NoModel(PlaygroundError):
    code = "no_model"


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


class DiskFull(Unavailable):
    code = "disk_full"
    status = 507
