"""Listens, serves until a signal, and ends in order."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import uvicorn

from edge_runtime.errors import ResourceError
from edge_runtime.serve.app import build_app
from edge_runtime.serve.http.logs import log_to_stderr
from edge_runtime.serve.http.protocol import protocol_with
from edge_runtime.serve.model.service import ModelService
from edge_runtime.serve.model.supervisor import Supervisor
from edge_runtime.serve.options import ServeOptions

_LOG: Final = logging.getLogger("edge_asr.serve")
_TUTORIAL_PORTS: Final = (7861, 7862)
_MAX_MESSAGE_BYTES: Final = 4 << 20
"""Of a WebSocket; twenty seconds of samples, or as base64."""
_BACKLOG: Final = 256


def serve(options: ServeOptions, on_ready: Callable[[Sequence[str]], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; then open requests are finished.

    Args:
        options: of the server.
        on_ready: called with the addresses once requests are served.

    Raises:
        ResourceError: an address cannot be listened on.
        RefusedError: the bundles cannot be loaded.
        ProcessLostError: the model process ended while it loaded them.
    """
    log_to_stderr()
    asyncio.run(_serve(options, on_ready))


async def _serve(options: ServeOptions, on_ready: Callable[[Sequence[str]], None]) -> None:
    with _listening(options) as sockets:
        supervisors = [Supervisor(load, options.timeouts) for load in options.loads]
        limits = options.limits
        service = ModelService(supervisors, max_waiting=limits.max_waiting, max_streams=limits.max_streams)
        await service.start()
        try:
            server = _Server(_config(service, options), service)
            on_ready([_address(one) for one in sockets])
            await server.serve(sockets=sockets)
        finally:
            await service.stop()


def _config(service: ModelService, options: ServeOptions) -> uvicorn.Config:
    return uvicorn.Config(
        build_app(service, options),
        http=protocol_with(options.limits.idle_s),
        ws="websockets-sansio",
        ws_max_size=_MAX_MESSAGE_BYTES,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=round(options.drain_s),
        backlog=_BACKLOG,
    )


class _Server(uvicorn.Server):
    """Uvicorn that ends with the exit code 0 when it has drained, and not by the signal again."""

    def __init__(self, config: uvicorn.Config, service: ModelService) -> None:
        super().__init__(config)
        self._service: Final = service

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def _end(self) -> None:
        """Drain; at the second signal, end at once."""
        _LOG.info("draining", extra={"calls": self._service.num_calls})
        self.force_exit = self.should_exit
        self.should_exit = self._service.is_draining = True


@contextmanager
def _listening(options: ServeOptions) -> Iterator[list[socket.socket]]:
    """Open the sockets before the bundles are loaded, so that a port that is taken is known at once."""
    sockets: list[socket.socket] = []
    try:
        if options.unix_socket is not None:
            sockets.append(_open_unix(options.unix_socket))
        else:
            ports = (options.port, *(_TUTORIAL_PORTS if options.tutorial_ports else ()))
            sockets += [_open_port(options.host, port) for port in ports]
        yield sockets
    finally:
        for one in sockets:
            one.close()
        if options.unix_socket is not None and sockets:
            options.unix_socket.unlink(missing_ok=True)


def _open_port(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ResourceError(
            f"{host}:{port} cannot be listened on: {error.strerror or error}. Choose another --port."
        ) from error


def _open_unix(path: Path) -> socket.socket:
    """Listen on a path; what is left there of a server that was killed is removed."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket() and not _is_served(path):
            path.unlink()
        previous = os.umask(0o177)  # nobody else may connect
        try:
            listening.bind(str(path))
        finally:
            os.umask(previous)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise ResourceError(
            f"{path} cannot be listened on: {error.strerror or error}. Choose another --unix-socket."
        ) from error
    return listening


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial, suppress(OSError):
        trial.connect(str(path))
        return True
    return False


def _address(listening: socket.socket) -> str:
    name = listening.getsockname()
    if isinstance(name, str):
        return f"unix:{name}"
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"http://{host}:{name[1]}"
