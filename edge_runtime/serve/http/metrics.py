"""Figures for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from edge_runtime.arrays import Seconds
from edge_runtime.serve.model.service import ModelService

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST


class Metrics:
    """Of one server."""

    def __init__(self, service: ModelService) -> None:
        """Take the models, whose figures are read when they are wanted."""
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry: Final = CollectorRegistry()
        self._requests: Final = Counter(
            "edge_asr_requests", "Requests.", ("route", "status"), registry=self._registry
        )
        self._seconds: Final = Histogram(
            "edge_asr_request_seconds",
            "Time of a request.",
            ("route",),
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800),
            registry=self._registry,
        )
        self._audio: Final = Counter(
            "edge_asr_audio_seconds", "Audio that was transcribed.", registry=self._registry
        )
        self._gauge("calls", "Requests that are decoded or wait.", lambda: service.num_calls)
        self._gauge("streams", "Streams of live text.", lambda: service.num_streams)
        self._gauge("ready", "Whether a model process is ready.", lambda: service.is_ready)
        self._gauge("restarts", "Model processes that were replaced.", lambda: service.num_restarts)

    def answered(self, route: str, status: int, seconds: Seconds) -> None:
        """Count a request."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def transcribed(self, audio_s: Seconds) -> None:
        """Count audio."""
        self._audio.inc(audio_s)

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        Gauge(f"edge_asr_{name}", meaning, registry=self._registry).set_function(read)
