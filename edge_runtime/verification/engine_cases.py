"""Test cases of engines: stored inputs, and the outputs of the graphs that the engines were built from.

ONNX Runtime computed the expected outputs on a CPU at build time. Libraries have shipped attention
kernels that build and are wrong: for one length of prefix, or where they read cache rows that are not in
use. The cases are chosen to show it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Final

import numpy as np

from edge_runtime.arrays import Array
from edge_runtime.backends.session import Binding, DeviceTensor, Session
from edge_runtime.bundle.golden import read_arrays
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.bundle.specs import Component
from edge_runtime.model.aligner_prompt import prompt_of_ids
from edge_runtime.model.decoder import Decoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.encoder import Encoder
from edge_runtime.model.prompt import Prompt
from edge_runtime.model.timestamp_classifier import TimestampClassifier
from edge_runtime.opened_file import OpenedFile
from edge_runtime.verification.verdict import CaseVerdict

EXPECTED_NAME: Final = "answers.npz"
_MAX_DIFFERENT_SHARE: Final = 0.5
"""Share of tokens or classes that may differ: those of near ties do, while their log-probabilities agree."""


@dataclass(frozen=True, slots=True)
class EngineCase:
    """Inputs of one component, and its expected outputs.

    Attributes:
        component: name of the component.
        name: name of the case.
        inputs: for an encoder `log_mel` (F, T); for a decoder `ids` and `audio_index` (S,), `audio_embeds`
            (A, H), `num_prompt` and `fill`, the initial byte of the cache rows, and `num_scored`, the ids
            after the prompt that one call takes, 1 where it is absent; for an aligner `prompt_ids` (S,) and
            `audio_embeds` (A, H).
        expected: `audio_embeds`; or `token_ids` and `logprobs`; or `class_ids` and `logprobs`.
        tolerance: largest difference of embeddings or log-probabilities.
    """

    component: str
    name: str
    inputs: Mapping[str, Array]
    expected: Mapping[str, Array]
    tolerance: float


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Difference between an engine's outputs and the expected ones of a case."""

    component: str
    case: str
    difference: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance; NaN is not."""
        return self.difference <= self.tolerance


def run_case(
    session: Session, manifest: Manifest, component: str, inputs: Mapping[str, Array]
) -> dict[str, Array]:
    """Run the inputs of a case through a graph or an engine; return its outputs."""
    if component == "encoder":
        encoder = Encoder(session, manifest.encoder, manifest.limits.encoder_batch)
        return {"audio_embeds": encoder.encode(inputs["log_mel"])}
    if component == "aligner":
        prompt = prompt_of_ids(manifest.require_aligner(), inputs["prompt_ids"])
        classes = TimestampClassifier(session).classify(prompt, inputs["audio_embeds"])
        return {"class_ids": classes.class_ids, "logprobs": classes.logprobs}
    return _decode(session, manifest, inputs)


def run_cases(session: Session, manifest: Manifest, cases: list[EngineCase]) -> Iterator[CaseResult]:
    """Yield the results of the cases of one component."""
    for case in cases:
        actual = run_case(session, manifest, case.component, case.inputs)
        yield CaseResult(case.component, case.name, max_difference(actual, case.expected), case.tolerance)


def case_verdict(result: CaseResult) -> CaseVerdict:
    """Return a result in its stored form; JSON has no infinity."""
    return CaseVerdict(
        component=result.component,
        case=result.case,
        difference=result.difference if isfinite(result.difference) else None,
        tolerance=result.tolerance,
        passed=result.passed,
    )


def max_difference(actual: Mapping[str, Array], expected: Mapping[str, Array]) -> float:
    """Return the largest difference; infinity where shapes or most tokens differ."""
    if any(actual[name].shape != array.shape for name, array in expected.items()):
        return float("inf")
    ids = [name for name, array in expected.items() if array.dtype.kind == "i"]
    if any((actual[name] != expected[name]).mean() > _MAX_DIFFERENT_SHARE for name in ids):
        return float("inf")
    values = expected.keys() - set(ids)
    return max(float(np.abs(actual[name] - expected[name]).max(initial=0.0)) for name in values)


def read_cases(path: Path | OpenedFile) -> list[EngineCase]:
    """Read stored cases.

    Raises:
        BundleError: the file does not hold them.
    """
    with read_arrays(path) as stored:
        names = sorted({tuple(key.split("/")[:2]) for key in stored})
        return [_case(stored, *name) for name in names]


def write_cases(path: Path, cases: list[EngineCase]) -> None:
    """Write cases for `read_cases`."""
    arrays: dict[str, Array] = {}
    for case in cases:
        key = f"{case.component}/{case.name}"
        arrays[f"{key}/tolerance"] = np.array(case.tolerance)
        arrays |= {f"{key}/in/{name}": array for name, array in case.inputs.items()}
        arrays |= {f"{key}/out/{name}": array for name, array in case.expected.items()}
    np.savez(path, **arrays)  # type: ignore[arg-type] # numpy's stub takes the names for its own flag


def _case(stored: Mapping[str, Array], component: str, name: str) -> EngineCase:
    key = f"{component}/{name}/"
    inputs, expected = (
        {
            full.removeprefix(key + side): array
            for full, array in stored.items()
            if full.startswith(key + side)
        }
        for side in ("in/", "out/")
    )
    return EngineCase(component, name, inputs, expected, float(stored[key + "tolerance"]))


def _decode(session: Session, manifest: Manifest, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Run a prompt, then the ids after it, one or several a call."""
    _, spec = manifest.require_asr()
    num_prompt, ids = int(inputs["num_prompt"]), inputs["ids"]
    decoder = Decoder(_FilledSession(session, int(inputs["fill"])), spec, manifest.limits)
    prompt = Prompt(ids[:num_prompt], inputs["audio_index"][:num_prompt])
    forced, num_scored = ids[num_prompt:].tolist(), int(inputs.get("num_scored", 1))
    scored = [decoder.prefill(DecoderInput(prompt, inputs["audio_embeds"], len(forced)))]
    for start in range(0, len(forced), num_scored):
        scored += decoder.verify(forced[start : start + num_scored])
    token_ids, logprobs, _ = zip(*scored, strict=True)
    return {"token_ids": np.array(token_ids, np.int64), "logprobs": np.array(logprobs, np.float32)}


class _FilledSession:
    """A session whose new memory is filled with a given byte."""

    def __init__(self, session: Session, fill: int) -> None:
        self._session: Final = session
        self._fill: Final = fill

    @property
    def component(self) -> Component:
        return self._session.component

    def allocate(self, name: str, dims: Mapping[str, int], fill: int = 0) -> DeviceTensor:
        return self._session.allocate(name, dims, fill or self._fill)

    def allocate_block(
        self, names: Sequence[str], dims: Mapping[str, int], fill: int = 0
    ) -> Mapping[str, DeviceTensor]:
        return self._session.allocate_block(names, dims, fill or self._fill)

    def relayout(
        self, tensors: Mapping[str, DeviceTensor], dims: Mapping[str, int], num_rows: int
    ) -> Mapping[str, DeviceTensor]:
        return self._session.relayout(tensors, dims, num_rows)

    def slice(self, tensor: DeviceTensor, first: int, count: int) -> DeviceTensor:
        """Return some sequences of a tensor; see `Session.slice`."""
        return self._session.slice(tensor, first, count)

    def bind(self, tensors: Mapping[str, DeviceTensor], on_device: Collection[str] = ()) -> Binding:
        return self._session.bind(tensors, on_device)
