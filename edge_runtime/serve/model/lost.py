"""What a call meets instead of an answer."""

from __future__ import annotations

from edge_runtime.errors import BackendUnavailableError, EdgeAsrError, ExitCode
from edge_runtime.serve.model.messages import Failed, Refused


class ProcessLostError(BackendUnavailableError):
    """The model process ended during a call; another one is being started."""


class NotReadyError(BackendUnavailableError):
    """No model process is ready."""


class BusyError(EdgeAsrError):
    """As many calls wait as may; `retry_after_s` says when to try again."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("As many requests wait as this server takes. Try again later.")
        self.retry_after_s = retry_after_s


class CallFailedError(EdgeAsrError):
    """A call has no answer; `failed` says why."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message)
        self.failed = failed


class RefusedError(EdgeAsrError):
    """A model process cannot load its bundles; the exit code is that of the error it met."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.message)
        self.refused = refused
        self.exit_code = ExitCode(refused.exit_code)  # type: ignore[misc]  # of this error, not of its class
