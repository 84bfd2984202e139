"""The published schema of a report."""

from __future__ import annotations

import json

from edge_bench.speed.report import json_schema
from tests.bench.support.speed import SCHEMA


def test_the_published_schema_is_that_of_the_code() -> None:
    # Write it again with: python -m edge_bench.schema > bench/bench.schema.json
    assert json.loads(SCHEMA.read_text("utf-8")) == json.loads(json.dumps(json_schema()))
