"""The published schema is the code's."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from edge_export.pipeline.pipeline import BuildResult
from edge_export.schema import SCHEMAS

ENGINES = Path(__file__).parents[2] / "engines"
SCHEMA = ENGINES / "manifest.schema.json"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schemas_are_those_of_the_code(name: str) -> None:
    # Write one again with: python -m edge_export.schema NAME > engines/NAME.schema.json
    published = json.loads((ENGINES / f"{name}.schema.json").read_text("utf-8"))
    assert published == json.loads(json.dumps(SCHEMAS[name]())), "defaults may be tuples, which JSON has not"


def test_a_built_manifest_fits_the_published_schema(built: BuildResult) -> None:
    manifest = json.loads((built.bundle / "manifest.json").read_text("utf-8"))
    jsonschema.validate(manifest, json.loads(SCHEMA.read_text("utf-8")))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(manifest | {"unknown": 1}, json.loads(SCHEMA.read_text("utf-8")))
