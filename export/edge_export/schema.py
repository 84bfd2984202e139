"""Write a published JSON Schema: `python -m edge_export.schema NAME > engines/NAME.schema.json`."""

from __future__ import annotations

import json
from typing import Annotated, Final

import typer

from edge_runtime.bundle import manifest, portable
from edge_runtime.cli.many import report as run_report
from edge_runtime.doctor import report
from edge_runtime.errors import UsageError
from edge_runtime.results import transcript
from edge_runtime.streaming import events
from edge_runtime.writers import alignment_json

SCHEMAS: Final = {
    "manifest": manifest.json_schema,
    "portable": portable.json_schema,
    "transcript": transcript.json_schema,
    "alignment": alignment_json.json_schema,
    "doctor": report.json_schema,
    "report": run_report.json_schema,
    "stream": events.json_schema,
}
"""Name → function that derives the schema from the code."""


def main(name: Annotated[str, typer.Argument(help=f"One of {', '.join(SCHEMAS)}.")] = "manifest") -> None:
    """Print a JSON Schema."""
    if name not in SCHEMAS:
        raise UsageError(f"No schema {name!r}; there are: {', '.join(SCHEMAS)}.")
    typer.echo(json.dumps(SCHEMAS[name](), indent=2, sort_keys=True))


if __name__ == "__main__":
    typer.run(main)
