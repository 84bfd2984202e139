"""Write the published JSON Schema of a report: `python -m edge_bench.schema > bench/bench.schema.json`."""

from __future__ import annotations

import json
import sys

from edge_bench.speed.report import json_schema


def main() -> None:
    """Print the schema."""
    sys.stdout.write(json.dumps(json_schema(), indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
