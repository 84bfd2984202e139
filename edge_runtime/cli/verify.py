"""`edge-asr verify`: check a bundle's files and what this machine computes with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import msgspec

from edge_runtime.bundle.bundle import Bundle
from edge_runtime.cli import options
from edge_runtime.cli.bundles import choose_bundle
from edge_runtime.cli.terminal import verify_progress
from edge_runtime.verification.load import open_checked
from edge_runtime.verification.selftest import StageResult, open_selftest, require_passed
from edge_runtime.verification.verdict import EngineVerdict


def verify(
    model: options.Model = None,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    trust: options.Trust = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Check every hash of a bundle, then its answers against the reference's stored ones."""
    directory, progress = choose_bundle(model), verify_progress(quiet=quiet)
    checked = open_checked(directory, device, threads, progress, recheck=True, trust=trust)
    bundle = checked.bundle
    results = list(open_selftest(bundle, checked.options).run())
    if as_json:
        print(_json(bundle, results, checked.verdict))
    elif not quiet:
        print("\n".join(_lines(bundle, results, checked.verdict)))
    require_passed(results, bundle)


def _json(bundle: Bundle, results: Sequence[StageResult], engines: EngineVerdict | None) -> str:
    stages = [{**asdict(result), "passed": result.passed} for result in results]
    document = {
        "schema": "edge-asr/verify@1",
        "bundle": str(bundle.directory),
        "manifest_sha256": bundle.manifest_sha256,
        "num_files": len(bundle.manifest.files),
        "passed": all(result.passed for result in results),
        "stages": stages,
        "engines": engines,
    }
    # Not json.dumps: it writes NaN and Infinity, which are no JSON; msgspec writes null.
    return msgspec.json.encode(document, order="sorted").decode()


def _lines(bundle: Bundle, results: Sequence[StageResult], engines: EngineVerdict | None) -> Iterator[str]:
    yield f"hashes     {len(bundle.manifest.files)} files as built"
    if engines is not None:
        yield f"engines    {len(engines.cases)} cases as their graphs, {engines.library} on {engines.gpu}"
    for result in results:
        verdict = "ok" if result.passed else "FAILED"
        figures = f"{result.difference:.3g} (allowed {result.tolerance:.3g})"
        yield f"{result.stage:10} {result.probe:8} {figures:28} {verdict}"
