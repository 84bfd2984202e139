"""The logger of a process keeps the errors that explain a failed call."""

from __future__ import annotations

from edge_runtime.backends.trt.library import shared_logger, trt_error
from tests.support.fake_tensorrt import ILogger


class Module:
    ILogger = ILogger


def test_builder_and_runtime_share_one_logger() -> None:
    assert shared_logger(Module) is shared_logger(Module)


def test_the_first_error_is_the_reason_and_is_reported_once() -> None:
    logger = shared_logger(Module)
    logger.log(ILogger.Severity.WARNING, "slow")
    logger.log(ILogger.Severity.ERROR, "the cause\n  in two lines")
    logger.log(ILogger.Severity.ERROR, "what followed")
    assert "TensorRT failed loading: the cause in two lines." in str(trt_error(logger, "loading"))
    assert "no reason given" in str(trt_error(logger, "loading"))


def test_a_library_that_never_stops_complaining_does_not_fill_the_memory() -> None:
    logger = shared_logger(Module)
    for i in range(1000):
        logger.log(ILogger.Severity.ERROR, str(i))
    assert len(logger.errors) < 100
    logger.errors.clear()
