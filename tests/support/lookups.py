"""Count the host names that a program looks up, in a network namespace whose only name server is this script.

`python lookups.py PROGRAM ARGUMENT …` prints the number of look-ups on its last line.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Thread

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
"""From linux/sockios.h and linux/if.h."""


def start_loopback() -> None:
    """Bring up the namespace's loopback interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        (flags,) = struct.unpack_from("H", fcntl.ioctl(control, SIOCGIFFLAGS, request), 16)
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", flags | IFF_UP, b""))


def main() -> None:
    """Run the program of the arguments and count."""
    start_loopback()
    with tempfile.NamedTemporaryFile("w") as resolver, socket.socket(type=socket.SOCK_DGRAM) as server:
        resolver.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        resolver.flush()
        mount = ["mount", "--bind", resolver.name, str(Path("/etc/resolv.conf").resolve())]
        subprocess.run(mount, check=True)
        server.bind(("127.0.0.1", 53))
        queries: list[bytes] = []
        Thread(target=lambda: [queries.append(server.recv(4096)) for _ in iter(int, 1)], daemon=True).start()
        subprocess.run(sys.argv[1:], check=True)
        sys.stdout.write(f"{len(queries)}\n")


if __name__ == "__main__":
    main()
