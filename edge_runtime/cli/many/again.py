"""Which failures may pass, so that a second try is worth its time."""

from __future__ import annotations

import errno
from typing import Final

from edge_runtime.cli.failures import KnownFailureError
from edge_runtime.errors import AudioError, DeviceLostError, ResourceError
from edge_runtime.starved import is_starved

_PASSING: Final = frozenset(
    getattr(errno, name)
    for name in (
        *("EIO", "EAGAIN", "EBUSY", "EINTR", "ENOMEM", "EMFILE", "ENFILE", "ENODEV", "ENXIO", "ESTALE"),
        *("ETIMEDOUT", "ENETDOWN", "ENETUNREACH", "ENETRESET", "ECONNABORTED", "ECONNRESET", "ENOTCONN"),
        *("EHOSTDOWN", "EHOSTUNREACH", "EREMOTEIO"),
    )
    if hasattr(errno, name)  # systems differ in what they have
)
"""What a disk, a network or a lack of descriptors and memory answers; not that a file is missing."""


def may_pass(error: BaseException | None) -> bool:
    """Tell whether a failure is of the machine and the moment: memory, I/O, a device that was lost.

    A recording that is broken, too long or not there is not.
    """
    if is_starved(error):
        return True
    while error is not None:
        if isinstance(error, (DeviceLostError, ResourceError)):
            return True
        if isinstance(error, OSError) and error.errno in _PASSING:
            return True
        error = error.__cause__
    return False


def is_final(error: Exception) -> bool:
    """Tell whether a failure is that of the recording's content, so that no other try can do better."""
    if isinstance(error, KnownFailureError):
        return error.is_final
    return isinstance(error, AudioError) and not may_pass(error)
