"""Commands that take flags in groups, each a dataclass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the fields of each dataclass that `command` takes as flags in its place.

    A group may be defined in a module of its own: its fields are annotated as typer's parameters are, each
    with a default. No two groups of a command have a field of one name. Other parameters stay as they are.
    """
    kinds = {name: kind for name, kind in get_type_hints(command).items() if is_dataclass(kind)}
    hints = get_type_hints(command, include_extras=True)
    parameters: list[Parameter] = []
    for one in signature(command).parameters.values():
        is_group = one.name in kinds
        parameters += _parameters(kinds[one.name]) if is_group else [one.replace(annotation=hints[one.name])]

    @wraps(command)
    def flat(**values: Any) -> None:
        groups = {name: _taken(kind, values) for name, kind in kinds.items()}
        command(**values, **groups)

    flat.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # what inspect reads
    flat.__annotations__ = {one.name: one.annotation for one in parameters}
    return flat


def _taken(kind: Any, values: dict[str, Any]) -> Any:
    """Take the fields of a group out of values."""
    return kind(**{field.name: values.pop(field.name) for field in fields(kind)})


def _parameters(kind: Any) -> Iterator[Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        yield Parameter(
            field.name,
            Parameter.POSITIONAL_OR_KEYWORD,
            default=field.default,
            annotation=hints[field.name],
        )
