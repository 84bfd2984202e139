"""Compile a portable bundle with TensorRT-RTX: `python compile_rtx.py BUNDLE FOLDER CAPABILITY…`."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from edge_export.compile.component import ComponentJob
from edge_export.compile.opened_graph import named, verified_files
from edge_export.engine.builder.build import build_engine
from edge_export.engine.builder.library import load_library
from edge_runtime.bundle.portable import open_portable


def main(bundle: str, folder: str, *capabilities: str) -> None:
    """Compile, and print the bytes of each engine."""
    library, portable = load_library("tensorrt-rtx"), open_portable(Path(bundle))
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for component, record in portable.spec.records.items():
        job = ComponentJob(component, portable, record, target / "timing.cache")
        with named(verified_files(portable, record.onnx), target) as graphs:
            request = replace(job.request(graphs), capabilities=capabilities)
            built = build_engine(library, request, target / job.plan_name, lambda _: None)
        sizes[component] = built.num_bytes
    json.dump(sizes, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
