"""`edge-asr verify`: check a bundle's files and what this machine computes with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import msgspec

from edge_runtime.bundle.bundle import Bundle
from edge_runtime.cli import options
from edge_runtime.cli.bundles import choose_bundles, for_each_bundle
from edge_runtime.cli.loading import read_errors_name
from edge_runtime.cli.terminal import emit, verify_progress
from edge_runtime.verification.load import open_checked
from edge_runtime.verification.selftest import StageResult, open_selftest, require_passed
from edge_runtime.verification.verdict import EngineVerdict


def verify(
    bundles: options.Bundles = None,
    model: options.Model = None,
    device: options.Device = "auto",
    threads: options.Threads = 0,
    trust: options.Trust = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Check every hash of bundles, then their answers against the reference's stored ones."""
    folders = choose_bundles(bundles or (), model)

    def check(folder: Path) -> None:
        if len(folders) > 1 and not (as_json or quiet):
            emit(f"bundle     {folder}")
        with read_errors_name(folder):
            checked = open_checked(
                folder, device, threads, verify_progress(quiet=quiet), recheck=True, trust=trust
            )
        results = list(open_selftest(checked.bundle, checked.options).run())
        if as_json:
            emit(_json(checked.bundle, results, checked.verdict))
        elif not quiet:
            emit("\n".join(_lines(checked.bundle, results, checked.verdict)))
        require_passed(results, checked.bundle)

    for_each_bundle(folders, check)


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
