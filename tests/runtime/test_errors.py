"""Every error tells what it is and how the command ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge_runtime import errors
from edge_runtime.errors import EdgeAsrError, ExitCode


def descendants(kind: type[EdgeAsrError]) -> Iterator[type[EdgeAsrError]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


KINDS = [kind for kind in descendants(EdgeAsrError) if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_has_a_docstring_of_its_own_and_an_exit_code(kind: type[EdgeAsrError]) -> None:
    assert kind.__dict__.get("__doc__")
    assert kind.exit_code not in (ExitCode.OK, ExitCode.INTERNAL)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_tree_in_the_docstring_shows_every_error_with_its_exit_code(kind: type[EdgeAsrError]) -> None:
    (line,) = [line for line in str(errors.__doc__).splitlines() if f" {kind.__name__} " in f"{line} "]
    digits = [word for word in line.split() if word.isdigit()]
    assert digits in ([str(int(kind.exit_code))], [])


def test_an_error_is_also_what_a_caller_would_catch_already() -> None:
    assert issubclass(errors.AudioNotFoundError, FileNotFoundError)
    assert issubclass(errors.AudioError, ValueError)
    assert issubclass(errors.UsageError, ValueError)


def test_exit_codes_are_all_different() -> None:
    assert len({int(code) for code in ExitCode}) == len(ExitCode.__members__)
