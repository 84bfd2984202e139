"""The published schema of a report on speed."""

from __future__ import annotations

from pathlib import Path

SCHEMA = Path(__file__).parents[3] / "bench" / "bench.schema.json"
