"""The JSON Schema of a document that this project publishes."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec


def schema_of(kind: type) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a class, its docstrings as descriptions.

    The indentation of the source is taken off the descriptions: releases of msgspec and of Python differ in
    whether they leave it in, and a published schema must depend on neither.
    """
    schema = msgspec.json.schema(kind)
    for definition in schema["$defs"].values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"])
    return schema
