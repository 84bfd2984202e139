"""Time of a decoder's step, or of an aligner's one pass, on the device that compiled the engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final, Literal

from edge_runtime.model.aligner_prompt import prompt_of_ids
from edge_runtime.model.decoder import Decoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import Prompt
from edge_runtime.model.timestamp_classifier import TimestampClassifier

if TYPE_CHECKING:
    from edge_runtime.backends.session import Session
    from edge_runtime.bundle.manifest import Manifest
    from edge_runtime.verification.engine_cases import EngineCase

_NUM_WARM: Final = 8
"""Steps before the first that counts: they record the CUDA graph, and clocks rise."""
_NUM_TIMED: Final = 48
_NUM_WARM_PASSES: Final = 2
_NUM_TIMED_PASSES: Final = 8
"""A pass is a prompt of hundreds of rows: long, and no CUDA graph is recorded of it."""


@dataclass(frozen=True, slots=True)
class CallTime:
    """How long an engine takes for what a user waits for.

    Attributes:
        call: step of a decoder, or pass of an aligner.
        ms: median, in milliseconds.
    """

    call: Literal["step", "pass"]
    ms: float

    def __str__(self) -> str:
        """Return the figure as a line of progress has it."""
        return f"a {self.call} takes {self.ms:.2f} ms"


def call_time(session: Session, manifest: Manifest, case: EngineCase) -> CallTime:
    """Return the time of an engine on a case of `timed_case`."""
    if _is_aligners(case):
        return CallTime("pass", 1000 * pass_seconds(session, manifest, case))
    return CallTime("step", 1000 * step_seconds(session, manifest, case))


def step_seconds(
    session: Session,
    manifest: Manifest,
    case: EngineCase,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return the median time of a step of one sequence, in seconds.

    Args:
        session: of the decoder.
        manifest: of its bundle.
        case: of the decoder; its prompt is the sequence's.
        clock: seconds.
    """
    _, spec = manifest.require_asr()
    num_prompt, ids = int(case.inputs["num_prompt"]), case.inputs["ids"]
    prompt = Prompt(ids[:num_prompt], case.inputs["audio_index"][:num_prompt])
    room = _NUM_WARM + _NUM_TIMED
    if spec.kv_capacity:
        room = min(room, spec.kv_capacity - num_prompt)
    decoder = Decoder(session, spec, manifest.limits)
    token = decoder.prefill(DecoderInput(prompt, case.inputs["audio_embeds"], room))
    seconds = []
    for _ in range(room):
        started = clock()
        token = decoder.step(token.token_id)
        seconds.append(clock() - started)
    return median(seconds[_NUM_WARM:] or seconds)


def pass_seconds(
    session: Session,
    manifest: Manifest,
    case: EngineCase,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return the median time of an aligner's pass over a recording, in seconds; see `step_seconds`."""
    prompt = prompt_of_ids(manifest.require_aligner(), case.inputs["prompt_ids"])
    classifier = TimestampClassifier(session)
    seconds = []
    for _ in range(_NUM_WARM_PASSES + _NUM_TIMED_PASSES):
        started = clock()
        classifier.classify(prompt, case.inputs["audio_embeds"])
        seconds.append(clock() - started)
    return median(seconds[_NUM_WARM_PASSES:])


def timed_case(cases: Sequence[EngineCase], component: str) -> EngineCase | None:
    """Return the case that an engine is timed on, None for an encoder.

    Of a decoder that with the shortest prompt, since its steps count; of an aligner that with the longest.
    """
    own = [case for case in cases if case.component == component]
    passes = [case for case in own if _is_aligners(case)]
    if passes:
        return max(passes, key=lambda case: len(case.inputs["prompt_ids"]))
    steps = (case for case in own if "num_prompt" in case.inputs)
    return min(steps, key=lambda case: int(case.inputs["num_prompt"]), default=None)


def _is_aligners(case: EngineCase) -> bool:
    return "prompt_ids" in case.inputs
