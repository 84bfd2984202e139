"""The published schema is the code's."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from edge_export.pipeline import BuildResult
from edge_runtime.manifest import json_schema

SCHEMA = Path(__file__).parents[2] / "engines" / "manifest.schema.json"


def test_the_published_schema_is_the_one_of_the_code() -> None:
    # Write it again with: python -m edge_export.schema > engines/manifest.schema.json
    assert json.loads(SCHEMA.read_text("utf-8")) == json_schema()


def test_a_built_manifest_fits_the_published_schema(built: BuildResult) -> None:
    manifest = json.loads((built.bundle / "manifest.json").read_text("utf-8"))
    jsonschema.validate(manifest, json.loads(SCHEMA.read_text("utf-8")))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(manifest | {"unknown": 1}, json.loads(SCHEMA.read_text("utf-8")))
