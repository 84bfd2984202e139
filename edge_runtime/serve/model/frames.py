"""Messages as bytes."""

from __future__ import annotations

import socket
from threading import Lock
from typing import Final

import msgspec

from edge_runtime.serve.model.messages import Order

HEADER_BYTES: Final = 4
MAX_FRAME_BYTES: Final = 1 << 28

_ENCODER: Final = msgspec.msgpack.Encoder()


def to_frame(message: msgspec.Struct) -> bytes:
    """Return a message as a frame."""
    body = _ENCODER.encode(message)
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def body_length(header: bytes) -> int:
    """Return the length of the body that follows a header.

    Raises:
        EOFError: it is longer than any message, so that this is no header.
    """
    length = int.from_bytes(header, "big")
    if length > MAX_FRAME_BYTES:
        raise EOFError(f"a frame of {length} bytes")
    return length


class Channel:
    """The model process's end of its connection; any thread may send."""

    def __init__(self, connection: socket.socket) -> None:
        """Take a blocking connection."""
        self._connection: Final = connection
        self._lock: Final = Lock()
        self._decoder: Final[msgspec.msgpack.Decoder[Order]] = msgspec.msgpack.Decoder(Order)

    def send(self, message: msgspec.Struct) -> None:
        """Send a message.

        Raises:
            OSError: the other end is gone.
        """
        frame = to_frame(message)
        with self._lock:
            self._connection.sendall(frame)

    def receive(self) -> Order:
        """Wait for the next order.

        Raises:
            EOFError: there is none any more.
            msgspec.MsgspecError: it is none.
        """
        return self._decoder.decode(self._read(body_length(self._read(HEADER_BYTES))))

    def _read(self, num_bytes: int) -> bytes:
        parts: list[bytes] = []
        while num_bytes:
            part = self._connection.recv(min(num_bytes, 1 << 20))
            if not part:
                raise EOFError("the other end is closed")
            parts.append(part)
            num_bytes -= len(part)
        return b"".join(parts)
