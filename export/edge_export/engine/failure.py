"""The failure of an engine, as the build sees it: another attention or another precision may succeed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from edge_runtime.errors import (
    BackendUnavailableError,
    DeviceLostError,
    EdgeAsrError,
    EngineMismatchError,
    GraphError,
    ResourceError,
)


class EngineFailedError(Exception):
    """An engine could not be built, or failed its self-test; `error` is what to tell the user."""

    def __init__(self, error: EdgeAsrError) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def engine_failures() -> Iterator[None]:
    """Mark errors of the body that a build from other graphs may avoid.

    Raises:
        EngineFailedError: in place of such an error.
    """
    try:
        yield
    except DeviceLostError:
        raise  # the process can do nothing more with the GPU
    except (BackendUnavailableError, EngineMismatchError, GraphError, ResourceError) as error:
        raise EngineFailedError(error) from error
