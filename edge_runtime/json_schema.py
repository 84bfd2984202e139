"""The JSON Schema of a document that this project publishes."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from typing import Any

import msgspec


def schema_of(kind: type) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a class, its docstrings as descriptions.

    Releases of msgspec differ in the indentation of descriptions and in the order of alternatives, neither of
    which means anything. Here descriptions lose the source's indentation, and null is the last alternative.
    """
    return _cleaned(msgspec.json.schema(kind))


def schema_of_any(kinds: Sequence[type]) -> dict[str, Any]:
    """Return the JSON Schema of a document that is of one of these classes; see `schema_of`."""
    references, definitions = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    return _cleaned({"anyOf": list(references), "$defs": dict(definitions)})


def _cleaned(written: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = _with_ordered_alternatives(written)
    for definition in schema["$defs"].values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"])
    return schema


def _with_ordered_alternatives(node: Any) -> Any:
    if isinstance(node, dict):
        node = {name: _with_ordered_alternatives(value) for name, value in node.items()}
        if "anyOf" in node:
            node["anyOf"] = sorted(node["anyOf"], key=_alternative_order)
        return node
    return [_with_ordered_alternatives(item) for item in node] if isinstance(node, list) else node


def _alternative_order(alternative: dict[str, Any]) -> tuple[bool, str]:
    return alternative.get("type") == "null", json.dumps(alternative, sort_keys=True)
