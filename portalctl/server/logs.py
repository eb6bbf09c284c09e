"""What the server says about its work: one JSON object per line, without names, texts, tokens or addresses of pages.

Whatever was sent by somebody else is quoted by JSON, so that it can end no line.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import MutableMapping
from typing import Any, BinaryIO

import orjson
import structlog

Log = structlog.typing.FilteringBoundLogger


def make_log(stream: BinaryIO) -> Log:
    """A log that writes to a stream."""
    log: Log = structlog.wrap_logger(
        structlog.BytesLogger(stream),
        processors=[_rendered],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    ).bind()
    return log


def frames(error: BaseException) -> list[str]:
    """Where an error was raised. Its message is left out: it may repeat what somebody wrote."""
    return [
        f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ][-12:]


def adopt_uvicorn(log: Log) -> None:
    """Have uvicorn's own warnings told here, without the tracebacks that they bring."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers = [_Into(log)]
        logger.propagate = False
        logger.setLevel(logging.WARNING)


class _Into(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one record."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        self._log.warning("server", logger=record.name, message=str(record.msg), error=kind)


_stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)


def _rendered(logger: Any, level: str, event: MutableMapping[str, Any]) -> bytes:
    line = {"level": level, **_stamped(logger, level, event)}
    try:
        return orjson.dumps(line, default=str)
    except TypeError:  # half a character, which can only be told escaped
        return json.dumps(line, default=str).encode()
