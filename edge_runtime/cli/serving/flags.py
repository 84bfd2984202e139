"""Flags of `edge-asr serve`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from edge_runtime.serve.model.supervisor import ProcessTimeouts
    from edge_runtime.serve.options import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenFlags:
    """Where the server listens, and to whom."""

    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1"
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="0 takes a free one.")] = 7860
    unix_socket: Annotated[
        Path | None,
        typer.Option("--unix-socket", metavar="PATH", help="Listen on this path and no port."),
    ] = None
    tutorial_ports: Annotated[bool, typer.Option("--tutorial-ports", help="Listen on 7861 and 7862 too.")] = (
        False
    )
    api_key: Annotated[
        list[str] | None,
        typer.Option(
            "--api-key",
            envvar="EDGE_ASR_API_KEY",
            show_envvar=True,
            help="Key that clients send; may be repeated.",
        ),
    ] = None
    cors: Annotated[
        list[str] | None,
        typer.Option("--cors", metavar="ORIGIN", help="Web pages of this origin may use the server, too."),
    ] = None

    def serve_options(self) -> dict[str, Any]:
        """Return them as fields of `ServeOptions`."""
        return {
            "host": self.host,
            "port": self.port,
            "unix_socket": self.unix_socket,
            "tutorial_ports": self.tutorial_ports,
            "api_keys": tuple(self.api_key or ()),
            "origins": tuple(self.cors or ()),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitFlags:
    """What a client may ask for."""

    max_body_mb: Annotated[int, typer.Option("--max-body-mb", min=1, help="Longest body in MiB.")] = 512
    max_audio_sec: Annotated[
        float, typer.Option("--max-audio-sec", min=1, help="Longest recording in seconds.")
    ] = 86_400
    max_queue: Annotated[
        int, typer.Option("--max-queue", min=1, help="Requests decoded or waiting; the next gets 429.")
    ] = 64
    max_streams: Annotated[int, typer.Option("--max-streams", min=1, help="Streams of live text.")] = 8
    request_timeout: Annotated[
        float, typer.Option("--request-timeout", min=1, help="Longest time of a request in seconds.")
    ] = 3_600
    idle_timeout: Annotated[
        float, typer.Option("--idle-timeout", min=1, help="Longest pause of a client that sends, in seconds.")
    ] = 15
    hang_timeout: Annotated[
        float,
        typer.Option(
            "--hang-timeout", min=1, help="Seconds that a model process may stand still; it is replaced then."
        ),
    ] = 300

    def process_timeouts(self) -> ProcessTimeouts:
        """Return how long is waited for a model process."""
        from edge_runtime.serve.model.supervisor import ProcessTimeouts  # noqa: PLC0415  # of the extra `server`

        return ProcessTimeouts(
            silence_s=min(ProcessTimeouts().silence_s, self.hang_timeout), hang_s=self.hang_timeout
        )

    def limits(self) -> Limits:
        """Return them; raises as `Limits` does."""
        from edge_runtime.serve.options import Limits  # noqa: PLC0415  # of the extra `server`

        return Limits(
            max_body_mb=self.max_body_mb,
            max_audio_s=self.max_audio_sec,
            max_waiting=self.max_queue,
            max_streams=self.max_streams,
            request_s=self.request_timeout,
            idle_s=self.idle_timeout,
        )
