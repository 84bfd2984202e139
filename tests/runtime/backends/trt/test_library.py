"""The logger of a process keeps the errors that explain a failed call."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from edge_runtime.backends.trt.library import shared_logger, start, trt_error
from edge_runtime.errors import GraphError, ResourceError
from tests.support.fake_tensorrt import NULL_POINTER, ILogger


class Module:
    ILogger = ILogger


def test_builder_and_runtime_share_one_logger() -> None:
    assert shared_logger(Module) is shared_logger(Module)


def test_the_first_error_of_a_call_is_its_reason() -> None:
    logger = shared_logger(Module)
    with logger.collecting() as errors:
        logger.log(ILogger.Severity.WARNING, "slow")
        logger.log(ILogger.Severity.ERROR, "the cause\n  in two lines")
        logger.log(ILogger.Severity.ERROR, "what followed")
    assert "TensorRT failed loading: the cause in two lines." in str(trt_error(errors, "loading"))


def test_an_error_of_an_earlier_call_is_no_reason() -> None:
    logger = shared_logger(Module)
    logger.log(ILogger.Severity.ERROR, "before")
    with logger.collecting():
        logger.log(ILogger.Severity.ERROR, "in a call that succeeded")
    with logger.collecting() as errors:
        pass
    assert "no reason given" in str(trt_error(errors, "loading"))


def test_threads_are_given_their_own_errors_and_those_of_threads_of_tensorrt() -> None:
    logger = shared_logger(Module)

    def log(message: str) -> None:
        logger.log(ILogger.Severity.ERROR, message)

    def other_session() -> None:
        with logger.collecting() as theirs:
            log("theirs")
        assert theirs == ["theirs"]

    with logger.collecting() as errors, ThreadPoolExecutor(1) as pool:
        pool.submit(other_session).result()
        log("ours")
        pool.submit(log, "of a worker").result()
    assert errors == ["ours", "of a worker"]


def test_a_library_that_never_stops_complaining_does_not_fill_the_memory() -> None:
    logger = shared_logger(Module)
    with logger.collecting() as errors:
        for i in range(1000):
            logger.log(ILogger.Severity.ERROR, str(i))
    assert 0 < len(errors) < 100


def test_a_null_pointer_is_an_error_in_the_words_of_tensorrt_or_of_the_bindings() -> None:
    logger = shared_logger(Module)

    def fail(given: Any, *, reason: str) -> None:
        if reason:
            given.log(ILogger.Severity.ERROR, reason)
        raise TypeError(NULL_POINTER)

    with pytest.raises(ResourceError, match="TensorRT failed starting: CUDA: out of memory"):
        start(partial(fail, reason="CUDA: out of memory"), logger)
    with pytest.raises(GraphError, match="factory function returned nullptr"):
        start(partial(fail, reason=""), logger)
