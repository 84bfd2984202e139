"""What becomes of an error: the client's, the machine's, or the end of the process."""

from __future__ import annotations

import os

from edge_runtime.errors import AudioError, DeviceLostError, EdgeAsrError, ExitCode, UsageError
from edge_runtime.serve.model.messages import Failed, Refused


def failed(call_id: int, error: Exception, path: str = "") -> Failed:
    """Describe why a call has no answer.

    A device that is lost ends the process: only a new one can use it again.

    Args:
        call_id: of the call.
        error: why.
        path: of the spooled recording, which is nobody's affair.
    """
    if isinstance(error, DeviceLostError):
        os._exit(ExitCode.BACKEND)
    message = str(error).replace(path, "The audio") if path else str(error)
    return Failed(call_id, type(error).__name__, message, isinstance(error, (AudioError, UsageError)))


def refused(error: Exception) -> Refused:
    """Describe why the bundles cannot be loaded."""
    code = error.exit_code if isinstance(error, EdgeAsrError) else ExitCode.INTERNAL
    return Refused(type(error).__name__, str(error), int(code))
