"""Commands that take their flags in groups, each a dataclass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import wraps
from inspect import Parameter, Signature
from typing import Any, get_type_hints


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command whose flags are the fields of the dataclasses that `command` takes, in their order.

    A group may be defined in a module of its own: its fields are annotated as typer's parameters are, each
    with a default. No two groups of a command have a field of one name.
    """
    groups = {name: kind for name, kind in get_type_hints(command).items() if name != "return"}

    @wraps(command)
    def flat(**values: Any) -> None:
        command(**{name: _filled(kind, values) for name, kind in groups.items()})

    parameters = [one for kind in groups.values() for one in _parameters(kind)]
    flat.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # what inspect reads
    flat.__annotations__ = {one.name: one.annotation for one in parameters}
    return flat


def _filled(kind: type, values: Mapping[str, Any]) -> Any:
    return kind(**{field.name: values[field.name] for field in fields(kind)})


def _parameters(kind: type) -> Iterator[Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        yield Parameter(
            field.name,
            Parameter.POSITIONAL_OR_KEYWORD,
            default=field.default,
            annotation=hints[field.name],
        )
