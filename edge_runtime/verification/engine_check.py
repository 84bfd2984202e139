"""Check engines before use: were they built for this machine, and do they compute what their graphs do?

Every start compares the build record with the machine. The test cases run once for each machine, library and
driver; the verdict is stored beside the engines.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from edge_runtime.backends.registry import engine_environment, open_component
from edge_runtime.backends.session import EngineEnvironment, Session, SessionOptions
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.bundle.manifest import Manifest, Target
from edge_runtime.errors import EngineMismatchError
from edge_runtime.verification.engine_cases import (
    EXPECTED_NAME,
    CaseResult,
    case_verdict,
    read_cases,
    run_cases,
)
from edge_runtime.verification.staleness import (
    driver_change,
    portable_source,
    rebuild_command,
    require_fresh,
)
from edge_runtime.verification.verdict import (
    CaseVerdict,
    EngineVerdict,
    library_of,
    read_verdict,
    store_verdict,
)

Describe = Callable[[Target, SessionOptions], EngineEnvironment]
_LOG: Final = logging.getLogger(__name__)
OpenGraph = Callable[[Bundle, str, SessionOptions | None], Session]


def check_engines(
    bundle: Bundle,
    options: SessionOptions | None = None,
    *,
    recheck: bool = False,
    describe: Describe = engine_environment,
    open_graph: OpenGraph = open_component,
) -> EngineVerdict | None:
    """Raise if engines are stale or compute something else than their graphs.

    Args:
        bundle: verified; one without engines is not checked.
        options: device to run on.
        recheck: whether to run the cases even where the stored verdict holds.
        describe: returns library and GPU.
        open_graph: loads an engine.

    Returns:
        The verdict; None for a bundle of graphs.

    Raises:
        StaleEngineError: with every difference and the command that builds the bundle anew.
        EngineMismatchError: an output differs; with what may help.
    """
    manifest, session_options = bundle.manifest, options or SessionOptions()
    engines = [name for name, component in manifest.components.items() if component.engine is not None]
    if not engines:
        return None
    environment = describe(manifest.target, session_options)
    for name in engines:
        require_fresh(manifest, name, environment, bundle.directory)
    verdict = read_verdict(bundle.directory)
    if recheck or verdict is None or not verdict.holds_for(bundle.manifest_sha256, environment):
        _warn_of_driver(bundle, engines, environment)
        verdict = _build_verdict(bundle, session_options, environment, open_graph)
        store_verdict(bundle.directory, verdict)
    _require_passed(verdict, bundle, environment)
    return verdict


def _warn_of_driver(bundle: Bundle, engines: Sequence[str], environment: EngineEnvironment) -> None:
    record = bundle.manifest.components[engines[0]].engine
    assert record is not None, "engines have records"
    if change := driver_change(record, environment):
        _LOG.warning("%s: %s; the engines' self-test runs anew", bundle.directory, change)


def _build_verdict(
    bundle: Bundle, options: SessionOptions, environment: EngineEnvironment, open_graph: OpenGraph
) -> EngineVerdict:
    return EngineVerdict(
        manifest_sha256=bundle.manifest_sha256,
        library=library_of(environment),
        gpu=str(environment.gpu),
        driver=str(environment.driver),
        cases=tuple(map(case_verdict, _results(bundle, options, open_graph))),
    )


def _results(bundle: Bundle, options: SessionOptions, open_graph: OpenGraph) -> Iterator[CaseResult]:
    cases = read_cases(bundle.file(EXPECTED_NAME))
    engines = [name for name, part in bundle.manifest.components.items() if part.engine is not None]
    for component in engines:
        # Only one engine at a time is in memory.
        session = open_graph(bundle, component, options)
        yield from run_cases(
            session, bundle.manifest, [case for case in cases if case.component == component]
        )


def _require_passed(verdict: EngineVerdict, bundle: Bundle, environment: EngineEnvironment) -> None:
    for case in verdict.cases:
        if not case.passed:
            raise _mismatch(case, bundle, environment)


def _mismatch(case: CaseVerdict, bundle: Bundle, environment: EngineEnvironment) -> EngineMismatchError:
    manifest = bundle.manifest
    difference = "by more than can be told" if case.difference is None else f"by {case.difference:.3g}"
    message = (
        f"{bundle.directory}: the {case.component} engine answers {case.case} otherwise than its graph, "
        f"{difference}, allowed {case.tolerance:.3g}: {verdict_on(environment)} computes it wrongly."
    )
    attention = next_attention(manifest, case.component)
    if attention is None:
        return EngineMismatchError(f"{message} Build with another TensorRT version, or for --target ort-cpu.")
    command = rebuild_command(manifest, environment, bundle.directory, attention)
    return EngineMismatchError(f"{message} Try attention of another kind: {command}", command)


def verdict_on(environment: EngineEnvironment) -> str:
    """Return library, version and GPU that computed a verdict."""
    return f"{library_of(environment)} on {environment.gpu}"


_ATTENTION_FALLBACKS: Final = {"attention=fused": "decomposable", "attention=decomposable": "primitive"}


def next_attention(manifest: Manifest, component: str) -> str | None:
    """Return the kind of attention to try after the engine's own, None after the last."""
    spec = manifest.components[component]
    record = spec.engine
    assert record is not None, f"{component} is no engine"
    if spec.lowering == "legacy":
        return None
    flag = next((flag for flag in record.flags if flag in _ATTENTION_FALLBACKS), None)
    fallback = None if flag is None else _ATTENTION_FALLBACKS[flag]
    # A portable bundle holds graphs of one lowering.
    return None if fallback == "primitive" and portable_source(record) else fallback
