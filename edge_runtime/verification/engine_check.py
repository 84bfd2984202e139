"""Before an engine answers anyone: was it built for this machine, and does it compute what its graph does?

The first is asked at every start. The second is tried once for each machine, library and driver; the verdict
is stored beside the engines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from edge_runtime.backends.registry import engine_environment, open_component
from edge_runtime.backends.session import EngineEnvironment, Session, SessionOptions
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.bundle.manifest import Manifest, Target
from edge_runtime.bundle.specs import EngineRecord
from edge_runtime.errors import EngineMismatchError
from edge_runtime.verification.engine_cases import (
    EXPECTED_NAME,
    CaseResult,
    case_verdict,
    read_cases,
    run_cases,
)
from edge_runtime.verification.staleness import rebuild_command, require_fresh
from edge_runtime.verification.verdict import (
    CaseVerdict,
    EngineVerdict,
    library_of,
    read_verdict,
    store_verdict,
)

Describe = Callable[[Target, SessionOptions], EngineEnvironment]
OpenGraph = Callable[[Bundle, str, SessionOptions | None], Session]


def check_engines(
    bundle: Bundle,
    options: SessionOptions | None = None,
    *,
    again: bool = False,
    describe: Describe = engine_environment,
    opener: OpenGraph = open_component,
) -> EngineVerdict | None:
    """Refuse engines that are stale, or that compute something else than their graphs.

    Args:
        bundle: verified; nothing is done for one of graphs.
        options: device.
        again: whether to try engines whose stored verdict holds.
        describe: tells library and GPU.
        opener: loads an engine.

    Returns:
        The verdict; None for a bundle of graphs.

    Raises:
        StaleEngineError: with every difference and the command that builds the bundle anew.
        EngineMismatchError: an answer differs; with what may help.
    """
    manifest, asked = bundle.manifest, options or SessionOptions()
    engines = [name for name, component in manifest.components.items() if component.engine is not None]
    if not engines:
        return None
    found = describe(manifest.target, asked)
    for name in engines:
        require_fresh(manifest, name, found, bundle.directory)
    verdict = read_verdict(bundle.directory)
    if again or verdict is None or not verdict.holds_for(bundle.manifest_sha256, found):
        verdict = _build_verdict(bundle, asked, found, opener)
        store_verdict(bundle.directory, verdict)
    _require_passed(verdict, bundle, found)
    return verdict


def _build_verdict(
    bundle: Bundle, options: SessionOptions, found: EngineEnvironment, opener: OpenGraph
) -> EngineVerdict:
    return EngineVerdict(
        manifest_sha256=bundle.manifest_sha256,
        library=library_of(found),
        gpu=str(found.gpu),
        driver=str(found.driver),
        cases=tuple(map(case_verdict, _results(bundle, options, opener))),
    )


def _results(bundle: Bundle, options: SessionOptions, opener: OpenGraph) -> Iterator[CaseResult]:
    cases = read_cases(bundle.path(EXPECTED_NAME))
    for component in bundle.manifest.components:
        # One engine at a time is in memory.
        session = opener(bundle, component, options)
        yield from run_cases(
            session, bundle.manifest, [case for case in cases if case.component == component]
        )


def _require_passed(verdict: EngineVerdict, bundle: Bundle, found: EngineEnvironment) -> None:
    for case in verdict.cases:
        if not case.passed:
            raise _mismatch(case, bundle, found)


def _mismatch(case: CaseVerdict, bundle: Bundle, found: EngineEnvironment) -> EngineMismatchError:
    manifest = bundle.manifest
    differs = "by more than can be told" if case.difference is None else f"by {case.difference:.3g}"
    said = (
        f"{bundle.directory}: the {case.component} engine answers {case.case} otherwise than its graph, "
        f"{differs}, allowed {case.tolerance:.3g}: {verdict_on(found)} computes it wrongly."
    )
    attention = next_attention(manifest, case.component)
    if attention is None:
        return EngineMismatchError(f"{said} Build with another TensorRT version, or for --target ort-cpu.")
    command = rebuild_command(manifest, found, bundle.directory, attention)
    return EngineMismatchError(f"{said} Try attention of another kind: {command}", command)


def verdict_on(found: EngineEnvironment) -> str:
    """Return who computed."""
    return f"{library_of(found)} on {found.gpu}"


_ATTENTION_FALLBACKS: Final = {"attention=fused": "decomposable", "attention=decomposable": "primitive"}


def next_attention(manifest: Manifest, component: str) -> str | None:
    """Return the kind of attention to try after that of an engine, None after the last."""
    part = manifest.components[component]
    record = part.engine
    assert record is not None, f"{component} is no engine"
    if part.lowering == "legacy":
        return None
    after = _fallback(record)
    return None if after == "primitive" and _is_quantized(manifest) else after


def _fallback(record: EngineRecord) -> str | None:
    return next((_ATTENTION_FALLBACKS[flag] for flag in record.flags if flag in _ATTENTION_FALLBACKS), None)


def _is_quantized(manifest: Manifest) -> bool:
    """Tell whether a graph holds quantised weights, which primitive attention's opset has not."""
    return any(part.precision.startswith("int") for part in manifest.components.values())
