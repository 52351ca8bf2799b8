"""What this process says on standard error: structured lines, without personal data."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from typing import Any

import structlog


def set_up_logging(level: str) -> None:
    """Structured lines on standard error; nothing that a customer wrote, no number, no secret ever goes into one."""
    logging.basicConfig(level=level.upper(), format="%(message)s")
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)  # its lines hold query strings, which hold numbers
    for talkative in ("alembic", "rasa_sdk"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_values,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


def _without_values(_: Any, __: str, event: Any) -> Any:
    """An exception is named with the places that it went through; its message may quote a customer's text."""
    error = event.pop("exc_info", None)
    if error:
        kind, _value, trace = sys.exc_info()
        event["error"] = kind.__name__ if kind else "unknown"
        event["at"] = " < ".join(
            f"{Path(f.filename).name}:{f.lineno}" for f in reversed(traceback.extract_tb(trace)[-6:])
        )
    return event
