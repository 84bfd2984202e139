"""`edge-asr verify`: is the bundle whole, and does this machine compute it right?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import msgspec

from edge_runtime.bundle import Bundle, open_bundle
from edge_runtime.cli import options
from edge_runtime.cli.bundle_choice import choose_bundle
from edge_runtime.cli.terminal import verify_progress
from edge_runtime.device import require_device
from edge_runtime.selftest import StageResult, open_selftest, require_passed
from edge_runtime.session import SessionOptions


def verify(
    model: options.Model = None,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Check every hash of a bundle, then its answers against the reference's stored ones."""
    bundle = open_bundle(choose_bundle(model), verify_progress(quiet=quiet))
    require_device(device, bundle.manifest.target)
    results = list(open_selftest(bundle, SessionOptions(threads=threads)).run())
    if as_json:
        print(_json(bundle, results))
    elif not quiet:
        print("\n".join(_lines(bundle, results)))
    require_passed(results, bundle)


def _json(bundle: Bundle, results: Sequence[StageResult]) -> str:
    stages = [{**asdict(result), "passed": result.passed} for result in results]
    document = {
        "schema": "edge-asr/verify@1",
        "bundle": str(bundle.directory),
        "manifest_sha256": bundle.manifest_sha256,
        "num_files": len(bundle.manifest.files),
        "passed": all(result.passed for result in results),
        "stages": stages,
    }
    # Not json.dumps, which writes NaN and Infinity; JSON has neither, and here they become null.
    return msgspec.json.encode(document, order="sorted").decode()


def _lines(bundle: Bundle, results: Sequence[StageResult]) -> Iterator[str]:
    yield f"hashes     {len(bundle.manifest.files)} files as built"
    for result in results:
        verdict = "ok" if result.passed else "FAILED"
        figures = f"{result.difference:.3g} (allowed {result.tolerance:.3g})"
        yield f"{result.stage:10} {result.probe:8} {figures:28} {verdict}"
