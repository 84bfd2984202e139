"""`GET /info` and what supervisors ask: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edge_runtime.serve.http.metrics import CONTENT_TYPE, Metrics
from edge_runtime.serve.model.service import ModelService
from edge_runtime.serve.openai.fields import FORMATS
from edge_runtime.serve.options import ServeOptions
from edge_runtime.version import VERSION


class FactRoutes:
    """Of one server."""

    def __init__(self, service: ModelService, options: ServeOptions, metrics: Metrics) -> None:
        """Take what there is to say something about."""
        self._service: Final = service
        self._options: Final = options
        self._metrics: Final = metrics

    def routes(self) -> list[Route]:
        """Return them."""
        return [
            Route("/info", self.info),
            Route("/healthz", self.health),
            Route("/readyz", self.readiness),
            Route("/metrics", self.metrics),
        ]

    async def info(self, _request: Request) -> Response:
        """What a page needs to know."""
        models, limits = self._service.models, self._options.limits
        facts = {
            "version": VERSION,
            "model": models.model,
            "precision": models.precision,
            "aligner": models.aligner,
            "languages": models.languages,
            "aligner_languages": models.aligner_languages,
            "formats": FORMATS,
            "max_body_mb": limits.max_body_mb,
            "max_audio_sec": limits.max_audio_s,
            "needs_key": bool(self._options.api_keys),
        }
        return Response(msgspec.json.encode(facts), media_type="application/json")

    async def health(self, _request: Request) -> Response:
        """200 while the server answers at all."""
        return JSONResponse({"status": "ok"})

    async def readiness(self, _request: Request) -> Response:
        """200 where a request would be served now, else 503."""
        if self._service.is_draining:
            return JSONResponse({"status": "draining"}, 503)
        if not self._service.is_ready:
            return JSONResponse({"status": "loading"}, 503)
        return JSONResponse({"status": "ready"})

    async def metrics(self, _request: Request) -> Response:
        """Figures for Prometheus."""
        return Response(self._metrics.text(), media_type=CONTENT_TYPE)
