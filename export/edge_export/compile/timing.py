"""Time of a decoder's step on the device that compiled it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import TYPE_CHECKING, Final

from edge_runtime.model.decoder import Decoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.prompt import Prompt

if TYPE_CHECKING:
    from edge_runtime.backends.session import Session
    from edge_runtime.bundle.manifest import Manifest
    from edge_runtime.verification.engine_cases import EngineCase

_NUM_WARM: Final = 8
"""Steps before the first that counts: they record the CUDA graph, and clocks rise."""
_NUM_TIMED: Final = 48


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


def shortest_prompt(cases: Sequence[EngineCase], component: str) -> EngineCase | None:
    """Return the case of a decoder with the shortest prompt, None where the component is no decoder."""
    own = (case for case in cases if case.component == component and "num_prompt" in case.inputs)
    return min(own, key=lambda case: int(case.inputs["num_prompt"]), default=None)
