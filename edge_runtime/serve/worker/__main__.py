"""`python -m edge_runtime.serve.worker DESCRIPTOR`: the server starts it with one end of a socket pair."""

from __future__ import annotations

import signal
import socket
import sys

from edge_runtime.serve.worker.worker import Worker


def main(descriptor: int) -> None:
    """Serve the other end of a socket pair until it closes."""
    # A terminal's Ctrl-C reaches the whole group; the server drains, and then closes the connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as connection:
        Worker(connection).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
