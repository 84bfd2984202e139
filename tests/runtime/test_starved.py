"""A lack of memory is told from other failures, whoever reports it and however."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from edge_runtime.cli import main
from edge_runtime.errors import ExitCode
from edge_runtime.starved import is_starved


class Starving(ModuleType):
    """A module whose import fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__("starving")
        self.error = error

    def __getattr__(self, name: str) -> object:
        raise self.error


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


@pytest.mark.parametrize("imported", [None, ImportError("x.so: failed to map segment from shared object")])
def test_a_start_without_memory_is_an_exit_code(
    imported: ImportError | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "edge_runtime.cli.app", Starving(imported or MemoryError()))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == ExitCode.RESOURCES
    assert capsys.readouterr().err == (
        "edge-asr: error: out of memory while starting. Free memory, or raise the process's limit.\n"
    )


def test_a_start_that_fails_otherwise_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "edge_runtime.cli.app", Starving(ImportError("no module x")))
    with pytest.raises(ImportError, match="no module x"):
        main()
