"""Errors as clients see them, in OpenAI's shape; nothing of the inside shows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from edge_runtime.serve.model.lost import BusyError, CallFailedError, NotReadyError, ProcessLostError

_LOG: Final = logging.getLogger("edge_asr.serve")
_BAD_REQUEST, _UNAUTHORIZED, _SERVER_ERROR = 400, 401, 500
_TYPES: Final[Mapping[int, str]] = {_UNAUTHORIZED: "authentication_error", 429: "rate_limit_error"}


class ApiError(Exception):
    """A request that is refused.

    Attributes:
        status: of the response.
        message: for a person.
        param: field that is to blame, None for none.
        code: stable name, None for none.
        headers: of the response.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = _BAD_REQUEST,
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message: Final = message
        self.status: Final = status
        self.param: Final = param
        self.code: Final = code
        self.headers: Final = dict(headers or {})

    def body(self) -> dict[str, object]:
        """Return the body of the response."""
        kind = _TYPES.get(self.status)
        if kind is None:
            kind = "server_error" if self.status >= _SERVER_ERROR else "invalid_request_error"
        error = {"message": self.message, "type": kind, "param": self.param, "code": self.code}
        return {"error": error}

    def response(self) -> Response:
        """Return the response."""
        return JSONResponse(self.body(), self.status, self.headers)


def api_error(error: Exception) -> ApiError:  # noqa: PLR0911  # a table
    """Return what a client sees of an error; what is not the client's affair goes to the log."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, BusyError):
        headers = {"retry-after": str(error.retry_after_s)}
        return ApiError(str(error), status=429, code="queue_full", headers=headers)
    if isinstance(error, NotReadyError):
        return ApiError(str(error), status=503, code="not_ready", headers={"retry-after": "5"})
    if isinstance(error, ProcessLostError):
        again = "The model process ended during this request, and is started again. Send the request again."
        return ApiError(again, status=503, code="model_process_lost", headers={"retry-after": "1"})
    if isinstance(error, CallFailedError) and error.failed.is_request:
        return ApiError(error.failed.message, code=error.failed.kind)
    if isinstance(error, TimeoutError):
        return ApiError("The request took longer than this server allows.", status=504, code="timeout")
    if isinstance(error, ClientDisconnect):
        return ApiError("The client has left.", status=499)
    if isinstance(error, HTTPException):
        return ApiError(error.detail, status=error.status_code, headers=error.headers)
    _LOG.error("internal error", exc_info=error)
    return ApiError("Internal error; the server's log says more.", status=500, code="internal_error")


async def respond_with_error(_request: Request, error: Exception) -> Response:
    """Handle what a route raises."""
    return api_error(error).response()
