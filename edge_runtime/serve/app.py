"""The routes of the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.routing import WebSocketRoute

from edge_runtime.errors import EdgeAsrError
from edge_runtime.serve.facts import FactRoutes
from edge_runtime.serve.http.errors import ApiError, respond_with_error
from edge_runtime.serve.http.keys import AccessControl
from edge_runtime.serve.http.limits import BodyLimits
from edge_runtime.serve.http.logs import RequestLog
from edge_runtime.serve.http.metrics import Metrics
from edge_runtime.serve.live.stream import StreamRoute
from edge_runtime.serve.model.service import ModelService
from edge_runtime.serve.openai.routes import OpenAiRoutes
from edge_runtime.serve.options import ServeOptions
from edge_runtime.serve.page_files import page_paths, page_route
from edge_runtime.serve.realtime.route import RealtimeRoute
from edge_runtime.serve.rest.tutorial import TutorialRoutes
from edge_runtime.serve.rest.whisper import WhisperRoutes
from edge_runtime.serve.transcribing import Transcriber

_ERRORS: Final = (ApiError, EdgeAsrError, TimeoutError, ClientDisconnect, HTTPException, Exception)
"""All have a response; those before the last are expected, and end there."""


def build_app(service: ModelService, options: ServeOptions) -> Starlette:
    """Return the application; its table of routes is `docs/serve.md`.

    Args:
        service: started; the end of the application stops it.
        options: of the server.
    """
    spool = TemporaryDirectory(prefix="edge-asr-serve-", ignore_cleanup_errors=True)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        with spool:
            yield
            await service.stop()

    metrics = Metrics(service)
    transcriber = Transcriber(service, options.limits, metrics, Path(spool.name))
    return Starlette(
        routes=[
            *OpenAiRoutes(transcriber).routes(),
            *TutorialRoutes(transcriber).routes(),
            *WhisperRoutes(transcriber).routes(),
            *FactRoutes(service, options, metrics).routes(),
            WebSocketRoute("/stream", StreamRoute(service, options.limits).serve),
            WebSocketRoute("/v1/realtime", RealtimeRoute(service, options.limits).serve),
            page_route(),
        ],
        middleware=_middleware(options, metrics),
        exception_handlers=dict.fromkeys(_ERRORS, respond_with_error),
        lifespan=lifespan,
    )


def _middleware(options: ServeOptions, metrics: Metrics) -> list[Middleware]:
    cors = Middleware(CORSMiddleware, allow_origins=options.origins, allow_methods=["*"], allow_headers=["*"])
    return [
        Middleware(RequestLog, metrics=metrics),
        *([cors] if options.origins else []),
        Middleware(AccessControl, api_keys=options.api_keys, origins=options.origins, page=page_paths()),
        Middleware(BodyLimits, limits=options.limits),
    ]
