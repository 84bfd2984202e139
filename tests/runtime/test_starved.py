"""A lack of memory is told from other failures, whoever reports it and however."""

from __future__ import annotations

import pytest

from edge_runtime.starved import is_starved


def raised_from(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        ImportError("libopenblas.so: failed to map segment from shared object"),
        OSError(12, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
        RuntimeError("std::bad_alloc"),
        raised_from(ImportError("numpy did not load"), ImportError("x.so: failed to map segment")),
    ],
)
def test_what_a_library_says_without_memory_is_a_lack_of_it(error: Exception) -> None:
    assert is_starved(error)


@pytest.mark.parametrize(
    "error",
    [
        None,
        ImportError("libcudart.so.13: cannot open shared object file"),
        ModuleNotFoundError("numpy"),
        KeyError("memory"),
    ],
)
def test_other_failures_are_none(error: Exception | None) -> None:
    assert not is_starved(error)


def test_errors_that_name_each_other_end() -> None:
    first, second = ValueError("one"), ValueError("two")
    first.__cause__, second.__cause__ = second, first
    assert not is_starved(first)
