"""Who may use the server: API keys, and web pages of other origins."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from edge_runtime.serve.http.errors import ApiError

_PROTOCOL: Final = "edge-asr-key."
"""A browser cannot set headers of a WebSocket: it names its key as a subprotocol."""
_OPENAI_PROTOCOL: Final = "openai-insecure-api-key."
_POLICY_VIOLATION: Final = 1008
_OPEN: Final = ("/healthz", "/readyz")
"""For supervisors, which have no key."""


class AccessControl:
    """Middleware of all routes.

    A browser sends any page's requests to this machine. Whose page they are from stands in the header
    `Origin`; other programs send none.
    """

    def __init__(
        self, app: ASGIApp, *, api_keys: Sequence[str], origins: Sequence[str], page: Sequence[str]
    ) -> None:
        """Wrap an application.

        Args:
            app: to wrap.
            api_keys: of which one is to be given; none for no keys.
            origins: of pages that may use it, beside its own.
            page: paths of the page, which needs no key.
        """
        self._app: Final = app
        self._api_keys: Final = [key.encode() for key in api_keys]
        self._origins: Final = frozenset(origins)
        self._open: Final = frozenset((*_OPEN, *page))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] in ("http", "websocket"):
            error = self._refusal(scope)
            if error is not None and scope["type"] == "http":
                await error.response()(scope, receive, send)
                return
            if error is not None:
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": error.message})
                return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> ApiError | None:
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is not None and not self._knows(origin, headers.get("host", "")):
            message = f"Pages of {origin[:100]} may not use this server. Allow them with --cors."
            return ApiError(message, status=403, code="origin_not_allowed")
        is_page = (
            scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"] in self._open
        )
        if not self._api_keys or is_page or scope.get("method") == "OPTIONS" or self._has_key(headers):
            return None
        return ApiError(
            "An API key is needed: send the header Authorization: Bearer KEY.",
            status=401,
            code="invalid_api_key",
            headers={"www-authenticate": "Bearer"},
        )

    def _knows(self, origin: str, host: str) -> bool:
        if origin in self._origins or "*" in self._origins:
            return True
        address = urlsplit(origin)
        # Anybody can let a name of his own lead to this machine, but does not know a key.
        is_own = bool(self._api_keys) or _is_no_name(address.hostname or "")
        return is_own and address.netloc == host

    def _has_key(self, headers: Headers) -> bool:
        given = [key.encode() for key in _given(headers)]
        return any(hmac.compare_digest(one, key) for one in given for key in self._api_keys)


def _is_no_name(host: str) -> bool:
    """Tell whether a host is this machine or an address: nothing that a name server is asked for."""
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


def _given(headers: Headers) -> Iterable[str]:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield key.strip()
    for protocol in headers.get("sec-websocket-protocol", "").split(","):
        for prefix in (_PROTOCOL, _OPENAI_PROTOCOL):
            if protocol.strip().startswith(prefix):
                yield protocol.strip().removeprefix(prefix)


def subprotocol_of(headers: Headers) -> str | None:
    """Return the subprotocol to answer a WebSocket with: one that the client named, None where it named none.

    A browser ends a connection whose subprotocol is not answered.
    """
    named = [one.strip() for one in headers.get("sec-websocket-protocol", "").split(",") if one.strip()]
    return next((one for one in named if one == "realtime"), named[0] if named else None)
