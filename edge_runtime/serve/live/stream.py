"""`WS /stream`: samples in, the events of `engines/stream.schema.json` out."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from edge_runtime.serve.http.errors import ApiError
from edge_runtime.serve.http.keys import subprotocol_of
from edge_runtime.serve.languages import language_name
from edge_runtime.serve.live.flow import LiveFlow
from edge_runtime.serve.live.session import NORMAL, both, end_with
from edge_runtime.serve.model.messages import OpenStream, Ready
from edge_runtime.serve.model.service import ModelService
from edge_runtime.serve.options import Limits

_MIN_RATE, _MAX_RATE = 8_000, 48_000
_PARAMETERS: Final = frozenset({"language", "context", "rate", "words"})


class _Command(msgspec.Struct, forbid_unknown_fields=True):
    type: str


class StreamRoute:
    """Of one server."""

    def __init__(self, service: ModelService, limits: Limits) -> None:
        """Take the models and the limits."""
        self._service: Final = service
        self._limits: Final = limits

    async def serve(self, socket: WebSocket) -> None:
        """Serve one connection."""
        await socket.accept(subprotocol_of(socket.headers))
        try:
            with self._service.admitted_stream():
                await self._transcribe(socket)
        except Exception as error:  # noqa: BLE001  # the client sees it, whatever it is
            await end_with(socket, error, lambda refused: {"type": "error", "message": refused.message})

    async def _transcribe(self, socket: WebSocket) -> None:
        order = _order_of(socket, self._service.models)
        async with self._service.call() as call:
            call.send(msgspec.structs.replace(order, id=call.id))
            flow = LiveFlow(call)
            await socket.send_json({"type": "ready"})
            await both(_receive(socket, flow), _send(socket, flow), self._limits.max_stream_s)
        await socket.close(NORMAL)


def _order_of(socket: WebSocket, models: Ready) -> OpenStream:
    """Read the query.

    Raises:
        ApiError: a parameter is unknown or means nothing.
    """
    query = socket.query_params
    for name in query:
        if name not in _PARAMETERS:
            known = ", ".join(sorted(_PARAMETERS))
            raise ApiError(f"Unknown parameter {name[:80]!r}. There are: {known}.", param=name[:80])
    words = query.get("words", "0")
    if words not in ("0", "1"):
        raise ApiError(f"words is {words[:80]!r}; it is 0 or 1.", param="words")
    if words == "1" and models.aligner is None:
        raise ApiError(
            "words needs an aligner, and this server was started without --aligner.", param="words"
        )
    return OpenStream(
        id=0,
        rate=_rate(query.get("rate", "16000")),
        language=language_name(query.get("language"), models.languages),
        context=query.get("context", ""),
        words=words == "1",
    )


def _rate(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not _MIN_RATE <= int(text) <= _MAX_RATE:
        raise ApiError(f"rate is {text[:80]!r}; it is between {_MIN_RATE} and {_MAX_RATE}.", param="rate")
    return int(text)


async def _receive(socket: WebSocket, flow: LiveFlow) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", NORMAL))
        if message.get("bytes") is not None:
            await _feed(message["bytes"], flow)
        elif _follow(message.get("text") or "", flow):
            return


async def _feed(data: bytes, flow: LiveFlow) -> None:
    if len(data) % 2:
        raise ApiError(f"A message has {len(data)} bytes; samples are of two bytes each.")
    if data:
        await flow.feed(data)


def _follow(text: str, flow: LiveFlow) -> bool:
    """Do what a command says; return whether it was the last."""
    try:
        command = msgspec.json.decode(text, type=_Command).type
    except msgspec.MsgspecError as error:
        raise ApiError(f"A text message is no command: {error}.") from error
    if command == "flush":
        flow.flush()
    elif command == "cancel":
        flow.drop()
    elif command == "close":
        flow.close()
        return True
    else:
        raise ApiError(f"Unknown command {command[:80]!r}. There are: flush, cancel, close.")
    return False


async def _send(socket: WebSocket, flow: LiveFlow) -> None:
    async for event in flow.events():
        await socket.send_text(event.decode())
