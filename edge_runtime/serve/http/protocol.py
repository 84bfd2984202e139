"""HTTP on a connection, which is closed where its headers do not come in time."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from edge_runtime.arrays import Seconds


def protocol_with(headers_s: Seconds) -> type[H11Protocol]:
    """Return uvicorn's protocol with a limit: so many seconds from a connection's start to its headers."""
    return type("LimitedProtocol", (ImpatientProtocol,), {"headers_s": headers_s})


class ImpatientProtocol(H11Protocol):
    """Closes a connection whose headers do not come; uvicorn waits for them for ever.

    Attributes:
        headers_s: longest wait.
    """

    headers_s: Seconds = 15.0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """See `asyncio.Protocol`, like the two below."""
        super().connection_made(transport)
        self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Wait until there is a request."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._timer is None:
            self._wait_for_headers()

    def _wait_for_headers(self) -> None:
        self._timer = self.loop.call_later(self.headers_s, self._give_up)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        # A WebSocket has taken the transport over.
        if self.transport.get_protocol() is self and (self.cycle is None or self.cycle.response_complete):
            self.transport.close()
