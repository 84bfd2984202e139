"""`WS /v1/realtime?intent=transcription`."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from itertools import count
from time import time as wall_clock  # noqa: TID251  # clients compare it with their own
from typing import Any, Final
from uuid import uuid4

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from edge_runtime.serve.http.errors import ApiError
from edge_runtime.serve.live.flow import LiveFlow
from edge_runtime.serve.live.session import NORMAL
from edge_runtime.serve.model.service import ModelService
from edge_runtime.serve.options import Limits
from edge_runtime.serve.realtime.audio import samples_of
from edge_runtime.serve.realtime.config import SessionConfig, SessionUpdate
from edge_runtime.serve.realtime.items import Items, ServerEvent

_SAMPLE_BYTES: Final = 2


class ClientEvent(msgspec.Struct):
    """What a client sends; the fields of other events are not known here."""

    type: str
    event_id: str | None = None
    audio: str = ""
    session: msgspec.Raw = msgspec.Raw(b"{}")


class RealtimeSession:
    """One connection."""

    def __init__(self, socket: WebSocket, service: ModelService, limits: Limits) -> None:
        """Take an accepted connection."""
        self._socket: Final = socket
        self._service: Final = service
        self._id: Final = f"sess_{uuid4().hex[:16]}"
        self._ends_at: Final = wall_clock() + limits.max_stream_s
        self._event_numbers: Final = count(1)
        self._items: Final = Items()
        self._config = SessionConfig.default()
        self._flow: LiveFlow | None = None
        self._sender: asyncio.Task[None] | None = None
        self._opened: Final = AsyncExitStack()
        self._offset_s = self._fed_s = self._uncommitted_s = 0.0

    async def run(self) -> None:
        """Serve the connection until the client leaves.

        Raises:
            WebSocketDisconnect: it has left.
            TimeoutError: the session is as long as one may be.
        """
        try:
            await self._show("session.created")
            while True:
                await self._take(await self._next_message())
        finally:
            await self._end_stream(drain=False)

    async def show_error(self, error: ApiError, event_id: str | None = None) -> None:
        """Send an error; the session goes on."""
        body = error.body()["error"]
        assert isinstance(body, dict), "the body of an error"
        await self._send({"type": "error", "error": {**body, "event_id": event_id}})

    async def _take(self, text: str) -> None:
        event_id = None
        try:
            event = msgspec.json.decode(text, type=ClientEvent)
            event_id = event.event_id
            await self._follow(event)
        except msgspec.MsgspecError as error:
            await self.show_error(ApiError(f"This is no event: {error}."), event_id)
        except ApiError as error:
            await self.show_error(error, event_id)

    async def _follow(self, event: ClientEvent) -> None:
        if event.type == "session.update":
            await self._update(event.session)
        elif event.type == "input_audio_buffer.append":
            await self._append(event.audio)
        elif event.type == "input_audio_buffer.commit":
            await self._commit()
        elif event.type == "input_audio_buffer.clear":
            if self._flow is not None:
                self._flow.drop()
            self._items.clear()
            self._uncommitted_s = 0.0
            await self._send({"type": "input_audio_buffer.cleared"})
        else:
            raise ApiError(f"Unknown event {event.type[:80]!r} of a transcription session.", param="type")

    async def _update(self, given: msgspec.Raw) -> None:
        update = msgspec.json.decode(given, type=SessionUpdate)
        config = self._config.updated(update, self._service.models)
        if config != self._config:
            await self._end_stream(drain=True)
        self._config = config
        await self._show("session.updated")

    async def _append(self, audio: str) -> None:
        data = samples_of(audio, self._config.format.type)
        if not data:
            return
        seconds = len(data) / _SAMPLE_BYTES / self._config.rate
        self._fed_s += seconds
        self._uncommitted_s += seconds
        await (await self._open_flow()).feed(data)

    async def _commit(self) -> None:
        if self._flow is None or not self._uncommitted_s:
            message = "There is no audio since the last commit."
            raise ApiError(message, code="input_audio_buffer_commit_empty")
        if self._is_manual:
            await self._send(self._items.commit())
        self._uncommitted_s = 0.0
        self._flow.flush()

    @property
    def _is_manual(self) -> bool:
        return self._config.turn_detection is None

    async def _open_flow(self) -> LiveFlow:
        """Return the stream, which is opened for the first samples behind a change of the configuration."""
        if self._flow is None:
            order = self._config.order(self._service.models)
            call = await self._opened.enter_async_context(self._service.call())
            call.send(msgspec.structs.replace(order, id=call.id))
            self._flow = LiveFlow(call)
            self._sender = asyncio.ensure_future(self._send_events(self._flow))
        return self._flow

    async def _send_events(self, flow: LiveFlow) -> None:
        is_manual, offset_s = self._is_manual, self._offset_s
        async for data in flow.events():
            event: dict[str, Any] = msgspec.json.decode(data)
            for one in self._items.take(event, offset_s, is_manual=is_manual):
                await self._send(one)

    async def _end_stream(self, *, drain: bool) -> None:
        """End the open stream, if any.

        Args:
            drain: what was fed is transcribed first.
        """
        flow, sender = self._flow, self._sender
        self._flow = self._sender = None
        if flow is not None and sender is not None:
            if drain:
                flow.close()
                await sender
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
        await self._opened.aclose()
        self._offset_s, self._uncommitted_s = self._fed_s, 0.0

    async def _next_message(self) -> str:
        """Wait for the client; raises what sending meets meanwhile."""
        receiving = asyncio.ensure_future(self._socket.receive())
        waits: set[asyncio.Future[Any]] = {receiving}
        if self._sender is not None:
            waits.add(self._sender)
        left_s = max(0.0, self._ends_at - wall_clock())
        done, _ = await asyncio.wait(waits, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        if receiving not in done:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
            for task in done:
                task.result()
            raise TimeoutError
        message = receiving.result()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", NORMAL))
        text: str = message.get("text") or ""
        return text

    async def _show(self, kind: str) -> None:
        session = {
            "id": self._id,
            "object": "realtime.transcription_session",
            "type": "transcription",
            "expires_at": round(self._ends_at),
            "audio": self._config.shown(),
            "include": [],
        }
        await self._send({"type": kind, "session": session})

    async def _send(self, event: ServerEvent) -> None:
        numbered = {"event_id": f"event_{next(self._event_numbers):06}", **event}
        await self._socket.send_text(msgspec.json.encode(numbered).decode())


def as_error_event(error: ApiError) -> dict[str, object]:
    """Return the event that says why a session ends."""
    return {"type": "error", "event_id": "event_end", **error.body()}
