"""An engine written to disk while TensorRT serialises it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from edge_export.engine.builder.library import TrtLibrary


def write_plan(library: TrtLibrary, builder: Any, network: Any, config: Any, path: Path) -> bool:
    """Build and write an engine, piece by piece where the library can.

    Args:
        library: the library.
        builder: an `IBuilder`.
        network: what to build.
        config: how.
        path: the plan file; removed if the build fails.

    Returns:
        Whether there is an engine.

    Raises:
        OSError: the file cannot be written.
    """
    try:
        succeeded = (_write_streamed if library.streams else _write_at_once)(
            library, builder, network, config, path
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if not succeeded:
        path.unlink(missing_ok=True)
    return succeeded


def _write_at_once(_: TrtLibrary, builder: Any, network: Any, config: Any, path: Path) -> bool:
    memory = builder.build_serialized_network(network, config)
    if memory is None:
        return False
    path.write_bytes(memory)
    return True


def _write_streamed(library: TrtLibrary, builder: Any, network: Any, config: Any, path: Path) -> bool:
    failures: list[OSError] = []
    with path.open("wb") as stream:
        # Keeps the writer alive during the build: the library holds no reference.
        writer = _writer(library.module, stream, failures)
        succeeded = bool(builder.build_serialized_network_to_stream(network, config, writer))
    if failures:
        raise failures[0]
    return succeeded and path.stat().st_size > 0


def _writer(trt: Any, stream: Any, failures: list[OSError]) -> Any:
    class Writer(trt.IStreamWriter):  # type: ignore[misc] # the base exists at run time only
        def __init__(self) -> None:
            trt.IStreamWriter.__init__(self)

        def write(self, data: bytes) -> int:
            # An exception must not cross the library: store it and report zero bytes, which means failure.
            written = 0
            try:
                written = stream.write(data)
            except OSError as error:
                failures.append(error)
            return written

    return Writer()
