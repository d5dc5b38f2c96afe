"""Structured logs that cannot carry content or personal data, at any level.

Our own events are written as `log.info("name", key=value)` with values that are numbers, dates,
identifiers or short codes. Everything that other libraries log is reduced to its template: their
arguments (SQL parameters, paths, addresses) and the messages of exceptions never reach a handler.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
OURS = ("retention", "compliance")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
Event = MutableMapping[str, Any]


class ForeignWithoutArguments(logging.Filter):
    """Keeps a library's warnings as templates; drops what is below a warning.

    Without arguments the text may have been put together already: then only the logger is named.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.split(".")[0] in OURS:
            return True
        if record.levelno < logging.WARNING:
            return False
        record.msg = str(record.msg) if record.args else f"a message of {record.name}"
        record.args = ()
        return True


def exception_without_message(_logger: object, _name: str, event: Event) -> Event:
    """An exception as its class and the places it passed: its message may quote content."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    elif isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        event["exception"] = info[0].__qualname__
        event["places"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(info[2])
        ]
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    exception_without_message,
]


def logging_config(*, level: str) -> dict[str, Any]:
    """The `LOGGING` setting: one JSON object a line on standard error."""
    if level not in LEVELS:
        raise ImproperlyConfigured(f"LOG_LEVEL is {level!r}: write one of {', '.join(LEVELS)}.")
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"foreign": {"()": ForeignWithoutArguments}},
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "filters": ["foreign"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            name: {"handlers": [], "propagate": True, "level": level}
            for name in ("django", "django.server", "celery", "gunicorn.error", "gunicorn.access")
        },
    }


def take_over() -> None:
    """For processes whose output is a log: what Python prints by itself becomes an event too."""
    logging.captureWarnings(True)
    # A record that cannot be written would be printed with all its arguments.
    logging.raiseExceptions = False
    sys.excepthook = _died
    threading.excepthook = lambda it: _died(it.exc_type, it.exc_value, it.exc_traceback)
    sys.unraisablehook = lambda it: _died(it.exc_type, it.exc_value, it.exc_traceback)


def _died(
    kind: type[BaseException], error: BaseException | None, places: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        structlog.get_logger("compliance.process").critical("died", exc_info=(kind, error, places))


class RequestLogMiddleware:
    """One line a request: method, route, status, milliseconds. No path, no address, no person."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.log = structlog.get_logger("compliance.request")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        self.log.info(
            "request",
            # A client may call its method whatever it likes.
            method=request.method if request.method in METHODS else "other",
            route=match.route if match else "unknown",
            status=response.status_code,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )
        return response
