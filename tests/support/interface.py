"""What users and programs hold on to: commands with their flags, and the meaning of published schemas.

    python -m tests.support.interface > tests/golden/interface.json

writes the golden file anew, where a flag or a field was changed on purpose.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
SCHEMAS: Final = (
    "engines/alignment.schema.json",
    "engines/doctor.schema.json",
    "engines/manifest.schema.json",
    "engines/portable.schema.json",
    "engines/report.schema.json",
    "engines/stream.schema.json",
    "engines/transcript.schema.json",
    "bench/bench.schema.json",
)
_WORDS: Final = frozenset({"description", "title", "$id", "$defs"})


def commands() -> dict[str, list[str]]:
    """Return the lines of each command's `--help`, without the text that tells what the command is for."""
    names = _names(_help())
    return {"edge-asr": [*_flags(_help()), *names], **{name: list(_flags(_help(name))) for name in names}}


def meaning(schema: Any, definitions: Any = None) -> Any:
    """Return a JSON Schema without its words: references resolved, alternatives in one order."""
    if isinstance(schema, list):
        return [meaning(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    known = schema.get("$defs", definitions)
    if "$ref" in schema:
        return meaning(known[schema["$ref"].rpartition("/")[2]], known)
    stated = {key: value for key, value in schema.items() if key not in _WORDS | {"properties"}}
    resolved = {key: _ordered(key, meaning(value, known)) for key, value in stated.items()}
    if "properties" in schema:
        resolved["properties"] = {name: meaning(value, known) for name, value in schema["properties"].items()}
    return resolved


def interface() -> dict[str, Any]:
    """Return all of it, as the golden file holds it."""
    schemas = {name: meaning(json.loads((ROOT / name).read_text("utf-8"))) for name in SCHEMAS}
    return {"commands": commands(), "schemas": schemas}


def _ordered(key: str, value: Any) -> Any:
    is_set = key in ("anyOf", "enum", "required", "type") and isinstance(value, list)
    return sorted(value, key=json.dumps) if is_set else value


def _help(*arguments: str) -> str:
    command = [sys.executable, "-m", "edge_runtime", *arguments, "--help"]
    environment = {**os.environ, "COLUMNS": "1000", "TERM": "dumb"}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def _sections(text: str) -> dict[str, list[str]]:
    """Return the entries under Arguments, Options and Commands; an entry may be wrapped."""
    sections: dict[str, list[str]] = {"": []}
    name = ""
    for line in text.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            name = line[:-1]
            sections[name] = []
        elif line.startswith("   "):
            sections[name][-1:] = [f"{' '.join(sections[name][-1:])} {line}"]
        else:
            sections[name].append(line)
    return {
        name: [" ".join(line.split()) for line in lines if line.strip()] for name, lines in sections.items()
    }


def _flags(text: str) -> Iterator[str]:
    sections = _sections(text)
    yield next(line for line in sections[""] if line.startswith("Usage:"))
    for name in ("Arguments", "Options"):
        yield from sections.get(name, ())


def _names(text: str) -> list[str]:
    return [line.split()[0] for line in _sections(text)["Commands"]]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(interface(), indent=1, ensure_ascii=False, sort_keys=True) + "\n")
