"""Time of a decoder's step, or of an aligner's one pass, on the device that compiled the engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from edge_runtime.model.aligner_prompt import prompt_of_ids
from edge_runtime.model.decoder import Decoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.kv_memory import capacity_buckets
from edge_runtime.model.prompt import Prompt
from edge_runtime.model.timestamp_classifier import TimestampClassifier

if TYPE_CHECKING:
    from edge_runtime.backends.session import Session
    from edge_runtime.bundle.manifest import Manifest
    from edge_runtime.bundle.specs import Component
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
        ms: median, in milliseconds; of a decoder, of a step that reads the fewest cache rows, since most
            recordings need no more.
        ms_by_rows: cache rows that a step reads → its median: the fewest and the most. Empty for an aligner.
    """

    call: Literal["step", "pass"]
    ms: float
    ms_by_rows: Mapping[int, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the figures as a line of progress has them."""
        if not self.ms_by_rows:
            return f"a {self.call} takes {self.ms:.2f} ms"
        times = (f"{ms:.2f} ms with {rows} rows" for rows, ms in self.ms_by_rows.items())
        return f"a {self.call} takes {', '.join(times)}"

    def as_json(self) -> dict[str, Any]:
        """Return the figures as `trials.json` has them."""
        by_rows = {str(rows): round(ms, 3) for rows, ms in self.ms_by_rows.items()}
        return {
            f"{self.call}_ms": round(self.ms, 3),
            **({f"{self.call}_ms_by_rows": by_rows} if by_rows else {}),
        }


def call_time(session: Session, manifest: Manifest, case: EngineCase) -> CallTime:
    """Return the time of an engine on a case of `timed_case`: of a pass, or of steps in two buckets."""
    if _is_aligners(case):
        return CallTime("pass", 1000 * pass_seconds(session, manifest, case))
    _, spec = manifest.require_asr()
    prompts = timed_prompts(session.component, spec.kv_capacity, case)
    by_rows = {rows: 1000 * step_seconds(session, manifest, prompt) for rows, prompt in prompts.items()}
    return CallTime("step", by_rows[min(by_rows)], by_rows)


def step_seconds(
    session: Session,
    manifest: Manifest,
    decoder_input: DecoderInput,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return the median time of a step of one sequence, in seconds.

    Args:
        session: of the decoder.
        manifest: of its bundle.
        decoder_input: prompt of the sequence, and the number of steps.
        clock: seconds.
    """
    _, spec = manifest.require_asr()
    decoder = Decoder(session, spec, manifest.limits)
    token = decoder.prefill(decoder_input)
    seconds = []
    for _ in range(decoder_input.max_new_tokens):
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
    """Return the case that an engine is timed on, that with the longest prompt; None for an encoder."""
    own = [case for case in cases if case.component == component]
    prompts = [case for case in own if _is_aligners(case) or "num_prompt" in case.inputs]
    return max(prompts, key=lambda case: case.inputs[_ids(case)].size, default=None)


def timed_prompts(component: Component, capacity: int | None, case: EngineCase) -> dict[int, DecoderInput]:
    """Return rows that a step reads → a prompt for which it does: for the smallest and the largest bucket.

    Args:
        component: the decoder, as an engine.
        capacity: most cache rows; None where the graph leaves them open, which then have one size.
        case: whose ids the prompts repeat.
    """
    buckets = capacity_buckets(component, capacity or case.inputs["ids"].size + _NUM_WARM + _NUM_TIMED)
    return {rows: _filling(case, rows) for rows in sorted({buckets[0], buckets[-1]})}


def _filling(case: EngineCase, num_rows: int) -> DecoderInput:
    """Return a prompt of the ids of a case that leaves room in a bucket for the steps to time."""
    num_steps = min(_NUM_WARM + _NUM_TIMED, num_rows // 2)
    ids, audio_index = (np.resize(case.inputs[name], num_rows - num_steps) for name in ("ids", "audio_index"))
    return DecoderInput(Prompt(ids, audio_index), case.inputs["audio_embeds"], num_steps)


def _ids(case: EngineCase) -> str:
    return "prompt_ids" if _is_aligners(case) else "ids"


def _is_aligners(case: EngineCase) -> bool:
    return "prompt_ids" in case.inputs
