"""The options of a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from edge_runtime.arrays import Seconds
from edge_runtime.errors import UsageError
from edge_runtime.serve.model.messages import Load
from edge_runtime.serve.model.supervisor import ProcessTimeouts


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client may ask for.

    Attributes:
        max_body_mb: longest body, in MiB.
        max_audio_s: longest recording.
        max_waiting: most requests that are decoded or wait; the next gets 429.
        max_streams: most streams of live text.
        max_stream_s: longest stream.
        request_s: longest time of a request, from its last byte to the answer.
        idle_s: longest pause within headers or body.
        min_bytes_s: slowest body, behind its first `idle_s`.
    """

    max_body_mb: int = 512
    max_audio_s: Seconds = 86_400.0
    max_waiting: int = 64
    max_streams: int = 8
    max_stream_s: Seconds = 14_400.0
    request_s: Seconds = 3_600.0
    idle_s: Seconds = 15.0
    min_bytes_s: int = 4_096

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if getattr(self, name) <= 0:
                raise UsageError(f"{name} is {getattr(self, name)}; it is above 0.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """How to serve.

    Attributes:
        loads: what each model process loads, one a device.
        host: address to listen on.
        port: of it; 0 takes a free one.
        unix_socket: listen on this path instead.
        tutorial_ports: listen on 7861 and 7862 too.
        api_keys: of which a client gives one; none lets everybody in.
        origins: of web pages that may use the server, beside its own; none by default.
        limits: of requests.
        timeouts: of the model processes.
        drain_s: longest time for open requests to end when the server is to end.
    """

    loads: tuple[Load, ...]
    host: str = "127.0.0.1"
    port: int = 7860
    unix_socket: Path | None = None
    tutorial_ports: bool = False
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    origins: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    timeouts: ProcessTimeouts = field(default_factory=ProcessTimeouts)
    drain_s: Seconds = 30.0

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:  # noqa: PLR2004
            raise UsageError(f"port is {self.port}; it is between 0 and 65535.")
        if any(not key.strip() for key in self.api_keys):
            raise UsageError("An API key is empty. Give one of some length, or none.")
