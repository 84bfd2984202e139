"""Write the manifest's JSON Schema: `python -m edge_export.schema > engines/manifest.schema.json`."""

from __future__ import annotations

import json

import typer

from edge_runtime.manifest import json_schema


def main() -> None:
    """Print the JSON Schema of the manifest."""
    typer.echo(json.dumps(json_schema(), indent=2, sort_keys=True))


if __name__ == "__main__":
    typer.run(main)
