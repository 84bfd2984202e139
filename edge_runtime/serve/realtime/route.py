"""The route of realtime sessions."""

from __future__ import annotations

from typing import Final

from starlette.websockets import WebSocket

from edge_runtime.serve.http.errors import ApiError
from edge_runtime.serve.http.keys import subprotocol_of
from edge_runtime.serve.live.session import end_with
from edge_runtime.serve.model.service import ModelService
from edge_runtime.serve.openai.model_names import require_model
from edge_runtime.serve.options import Limits
from edge_runtime.serve.realtime.session import RealtimeSession, as_error_event

_PARAMETERS: Final = frozenset({"intent", "model"})


class RealtimeRoute:
    """Of one server."""

    def __init__(self, service: ModelService, limits: Limits) -> None:
        """Take the models and the limits."""
        self._service: Final = service
        self._limits: Final = limits

    async def serve(self, socket: WebSocket) -> None:
        """Serve one connection."""
        await socket.accept(subprotocol_of(socket.headers))
        try:
            self._require_transcription(socket)
            with self._service.admitted_stream():
                await RealtimeSession(socket, self._service, self._limits).run()
        except Exception as error:  # noqa: BLE001  # the client sees it, whatever it is
            await end_with(socket, error, as_error_event)

    def _require_transcription(self, socket: WebSocket) -> None:
        for name in socket.query_params:
            if name not in _PARAMETERS:
                raise ApiError(f"Unknown parameter {name[:80]!r}. There are: intent, model.", param=name[:80])
        intent = socket.query_params.get("intent")
        if intent != "transcription":
            raise ApiError(f"intent is {intent!r}; this server has: transcription.", param="intent")
        require_model(socket.query_params.get("model"), self._service.models)
