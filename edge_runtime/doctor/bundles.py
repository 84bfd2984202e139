"""The bundles here: is there memory for each, and can its graphs be loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_runtime.bundle.bundle import read_manifest
from edge_runtime.bundle.manifest import MANIFEST_NAME, PORTABLE_SCHEMA, Manifest, Target
from edge_runtime.bundle.manifest_file import peek_schema
from edge_runtime.bundle.portable import CompileSpec, read_portable
from edge_runtime.doctor.need import memory_need
from edge_runtime.doctor.report import BundleReport, Finding, Gpu, Memory, Status
from edge_runtime.doctor.sentences import first_sentence
from edge_runtime.doctor.storage import why_not_writable
from edge_runtime.doctor.trials.trial import RunTrial
from edge_runtime.errors import EdgeAsrError

_GB: Final = 1e9
_FREE_HINT: Final = "ps -eo rss,comm --sort=-rss | head"


@dataclass(frozen=True, slots=True)
class BundleFolder:
    """A bundle's folder and what its manifest says.

    Attributes:
        path: the folder.
        manifest: None where it cannot be read, with the reason in `error`.
        spec: what to compile, of a portable bundle.
        error: why the manifest cannot be read.
    """

    path: Path
    manifest: Manifest | None = None
    spec: CompileSpec | None = None
    error: str = ""

    @property
    def target(self) -> Target | None:
        """What it was built for."""
        return None if self.manifest is None else self.manifest.target


def find_bundles(named: Sequence[Path], engines: Path) -> tuple[BundleFolder, ...]:
    """Return the bundles that were named, or those under a folder."""
    folders = named or sorted(path.parent for path in engines.glob(f"*/{MANIFEST_NAME}"))
    return tuple(map(_read, folders))


def examine_bundle(
    bundle: BundleFolder,
    memory: Memory,
    gpus: Sequence[Gpu],
    run: RunTrial,
    passing: AbstractSet[Target],
) -> tuple[BundleReport, tuple[Finding, ...]]:
    """Return the report of a bundle and its findings.

    Args:
        bundle: to examine.
        memory: of the host.
        gpus: that CUDA can use.
        run: runs a probe.
        passing: targets whose back end runs.
    """
    if bundle.manifest is None:
        finding = _finding(bundle, "failed", bundle.error, "edge-asr build-engines")
        return _report(bundle, None, None, opened=None), (finding,)
    need, available = _need(bundle, bundle.manifest, gpus), _available(bundle.manifest, memory, gpus)
    if bundle.spec is not None:
        finding = _portable_finding(bundle, bundle.spec, available)
        return _report(bundle, need, available, opened=None), (finding,)
    if available is not None and need > available:
        message = f"it needs about {need / _GB:.1f} GB of memory, and {available / _GB:.1f} GB are available."
        finding = _finding(bundle, "failed", message, _FREE_HINT)
        return _report(bundle, need, available, opened=None), (finding,)
    trial = run("bundle", str(bundle.path))
    report = _report(bundle, need, available, opened=trial.passed)
    if not trial.passed:
        # Where the back end does not run at all, its own finding says what to do.
        verify = f"edge-asr verify --model {bundle.path}" if bundle.target in passing else None
        hint = trial.hint or verify
        reason = first_sentence(trial.reason)
        return report, (_finding(bundle, "failed", f"cannot be loaded: {reason}", hint, trial.reason),)
    room = "" if available is None else f" of {available / _GB:.1f} GB that are available"
    message = f"loaded in {trial.seconds:.1f} s; it needs about {need / _GB:.1f} GB{room}."
    return report, (_finding(bundle, "ok", message), *_folder_findings(bundle, bundle.manifest))


def _read(path: Path) -> BundleFolder:
    try:
        if peek_schema(path) == PORTABLE_SCHEMA:
            # The device may keep any of the precisions.
            portable = min(read_portable(path).candidates, key=lambda each: each.spec.build_memory)
            return BundleFolder(path, portable.graphs.manifest, portable.spec)
        return BundleFolder(path, read_manifest(path).manifest)
    except EdgeAsrError as error:
        return BundleFolder(path, error=first_sentence(str(error)))
    except OSError as error:
        return BundleFolder(path, error=f"cannot be read ({error.strerror}).")


def _need(bundle: BundleFolder, manifest: Manifest, gpus: Sequence[Gpu]) -> int:
    if bundle.spec is not None:
        return bundle.spec.run_memory
    return memory_need(manifest, shares_memory=bool(gpus) and gpus[0].unified)


def _available(manifest: Manifest, memory: Memory, gpus: Sequence[Gpu]) -> int | None:
    """Return the bytes that a bundle may take; None where they are unknown."""
    if manifest.target != "ort-cpu" and gpus and not gpus[0].unified:
        return gpus[0].free_memory
    if manifest.target != "ort-cpu" and not gpus:
        return None
    return memory.available or None


def _portable_finding(bundle: BundleFolder, spec: CompileSpec, available: int | None) -> Finding:
    if available is not None and spec.build_memory > available:
        message = (
            f"compiling it needs about {spec.build_memory / _GB:.1f} GB of memory, and "
            f"{available / _GB:.1f} GB are available."
        )
        return _finding(bundle, "failed", message, _FREE_HINT)
    message = (
        f"a portable bundle for TensorRT {spec.library} and compute capability {spec.compute_capability}, "
        f"not compiled yet."
    )
    return _finding(bundle, "warning", message, f"edge-asr compile {bundle.path}")


def _folder_findings(bundle: BundleFolder, manifest: Manifest) -> Iterator[Finding]:
    """Yield whether verdicts and kernels of engines can be kept beside them."""
    has_engines = any(component.engine is not None for component in manifest.components.values())
    if has_engines and (reason := why_not_writable(bundle.path)):
        message = f"no file can be made in its folder ({reason}), so its engines are tried at each start."
        yield _finding(bundle, "warning", message, f"cp -r {bundle.path} /path/that/is/writable")


def _finding(
    bundle: BundleFolder, status: Status, message: str, hint: str | None = None, detail: str | None = None
) -> Finding:
    text = message if message.startswith(f"{bundle.path}:") else f"{bundle.path}: {message}"
    return Finding(code=f"bundle.{bundle.path.name}", status=status, message=text, hint=hint, detail=detail)


def _report(
    bundle: BundleFolder, need: int | None, available: int | None, *, opened: bool | None
) -> BundleReport:
    manifest = bundle.manifest
    return BundleReport(
        path=str(bundle.path),
        name=None if manifest is None else manifest.name,
        kind=None if manifest is None else manifest.kind,
        target=bundle.target,
        precision=None if manifest is None else manifest.precision,
        need=need,
        available=available,
        opened=opened,
    )
