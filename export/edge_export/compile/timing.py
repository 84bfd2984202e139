"""Time of a decoder's step on the device that compiled it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING, Final

import numpy as np

from edge_runtime.model.decoder import Decoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.kv_memory import capacity_buckets
from edge_runtime.model.prompt import Prompt

if TYPE_CHECKING:
    from edge_runtime.backends.session import Session
    from edge_runtime.bundle.manifest import Manifest
    from edge_runtime.bundle.specs import Component
    from edge_runtime.verification.engine_cases import EngineCase

_NUM_WARM: Final = 8
"""Steps before the first that counts: they record the CUDA graph, and clocks rise."""
_NUM_TIMED: Final = 48


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


def timed_prompts(cases: Sequence[EngineCase], component: str, spec: Component) -> Mapping[int, DecoderInput]:
    """Return rows that a step reads → a prompt for which it does: for the smallest and the largest bucket.

    Empty where the component is no decoder.
    """
    own = [case for case in cases if case.component == component and "num_prompt" in case.inputs]
    if not own or spec.engine is None or spec.engine.kv_capacity is None:
        return {}
    longest = max(own, key=lambda case: case.inputs["ids"].size)
    buckets = capacity_buckets(spec, spec.engine.kv_capacity)
    ends = {buckets[0], buckets[-1]}
    return {rows: _filling(longest, rows) for rows in sorted(ends)}


def _filling(case: EngineCase, num_rows: int) -> DecoderInput:
    """Return a prompt of the ids of a case that leaves room in a bucket for the steps to time."""
    num_steps = min(_NUM_WARM + _NUM_TIMED, num_rows // 2)
    ids, audio_index = (np.resize(case.inputs[name], num_rows - num_steps) for name in ("ids", "audio_index"))
    prompt = Prompt(ids, audio_index)
    return DecoderInput(prompt, case.inputs["audio_embeds"], num_steps)
