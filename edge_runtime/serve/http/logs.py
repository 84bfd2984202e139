"""Logs: one JSON object a line on stderr; no text of a recording, no key."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import datetime, timezone
from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge_runtime.serve.http.metrics import Metrics

_LOG: Final = logging.getLogger("edge_asr.serve")
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_UNFINISHED: Final = 499
"""The client left before the answer began; nginx's number."""


class JsonFormatter(logging.Formatter):
    """Formats a record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        when = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
        fields = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        line = {"time": when, "level": record.levelname.lower(), "event": record.getMessage(), **fields}
        if record.exc_info and record.exc_info[1] is not None:
            line["traceback"] = "".join(traceback.format_exception(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=True, default=str)


def log_to_stderr() -> None:
    """Send the server's logs, and warnings of uvicorn, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    for name, level in (("edge_asr.serve", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)


class RequestLog:
    """Middleware of all routes: a line and the figures of each request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wrap an application."""
        self._app: Final = app
        self._metrics: Final = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), _UNFINISHED

        async def send_noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            if message["type"] == "websocket.close":
                status = message.get("code", 1000)
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        finally:
            seconds = perf_counter() - began
            route = getattr(scope.get("route"), "path", None) or "other"
            self._metrics.answered(route, status, seconds)
            method = scope.get("method", "WS")
            fields = {"method": method, "route": route, "status": status, "ms": round(1000 * seconds, 1)}
            _LOG.info("request", extra=fields)
