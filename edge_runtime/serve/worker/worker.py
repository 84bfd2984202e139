"""A model process: it loads its bundles and serves one connection."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Final

import msgspec

from edge_runtime.errors import ExitCode
from edge_runtime.serve.model.frames import Channel
from edge_runtime.serve.model.messages import Load
from edge_runtime.serve.worker.failing import refused
from edge_runtime.serve.worker.models import Models
from edge_runtime.serve.worker.orders import Orders


class Worker:
    """Its main thread takes orders; others read, decode, align and stream."""

    def __init__(self, connection: socket.socket) -> None:
        """Take the connection to the server."""
        self._channel: Final = Channel(connection)

    def run(self) -> None:
        """Load the bundles and serve until the server closes the connection."""
        # The server is gone, or sends what is no order: there is nobody to work for.
        with suppress(EOFError, OSError, msgspec.MsgspecError):
            load = self._channel.receive()
            assert isinstance(load, Load), "the first order"
            self._serve(load)
        os._exit(ExitCode.OK)  # threads may still be busy

    def _serve(self, load: Load) -> None:
        try:
            models = Models.load(load)
        except Exception as error:  # noqa: BLE001  # the server reports it
            self._channel.send(refused(error))
            return
        self._channel.send(models.ready())
        orders = Orders(models, self._channel.send, load.beat_s)
        while True:
            orders.follow(self._channel.receive())
