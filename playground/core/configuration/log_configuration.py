"""How the log is written, by every process alike: Django's LOGGING, and structlog behind it."""

from typing import Any

import structlog

from playground.core.configuration.logs import drop_suspicious, render_exception, shorten

_CHAIN: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def log_configuration(*, level: str, form: str) -> dict[str, Any]:
    """Django's LOGGING. form: "console" for people, "json" for machines."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _CHAIN,
                # No variables, nothing long: see core/configuration/logs.py.
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    drop_suspicious,
                    render_exception,
                    shorten,
                    _renderer(form),
                ],
            },
        },
        "filters": {
            # "Not ready" is an answer and no fault.
            "probes": {
                "()": "django.utils.log.CallbackFilter",
                "callback": lambda record: not record.getMessage().endswith("/readyz"),
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # One line a request is the proxy's business; what fails is said once,
            # by Django with its traceback.
            "django_structlog": {"level": "CRITICAL"},
            # Says each failed sign-in twice, with the name that was tried.
            "axes": {"level": "ERROR"},
            "django.request": {"level": "ERROR", "filters": ["probes"]},
            # Django's own handlers mail cookies and settings.
            "django": {"handlers": [], "level": "INFO"},
            # On DEBUG it writes all statements with their values, which are people's texts.
            "django.db.backends": {"level": "INFO"},
            # Uvicorn brings handlers of its own; this way its lines are like all others. On DEBUG
            # it writes the headers of each socket, cookies among them.
            "uvicorn": {
                "handlers": [],
                "level": "INFO" if level == "DEBUG" else level,
                "propagate": True,
            },
            "uvicorn.access": {"handlers": [], "level": "WARNING", "propagate": True},
        },
    }


def configure_structlog() -> None:
    """Sends what structlog's loggers say the same way."""
    structlog.configure(
        processors=[
            *_CHAIN,
            structlog.stdlib.filter_by_level,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _renderer(form: str) -> structlog.typing.Processor:
    if form == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(
        colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
    )
