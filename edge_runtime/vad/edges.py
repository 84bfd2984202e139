"""Edges of speech to the frame, where there is silence beside it.

A detector's frames are 32 ms, and it lingers behind speech and misses soft onsets. Where nothing sounds
beside speech, energy tells exactly where sound begins and ends. In noise it tells nothing, and edges stay. No
span is dropped or added: energy never decides what is skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_runtime.arrays import Seconds
from edge_runtime.vad.energy import FrameLevels, Span

_REACH_S: Final = 0.25
"""How far an edge moves outward; sound that goes on for longer is noise."""
_SILENCE: Final = 1e-7
"""Mean power of a frame, 70 dB below full scale; and 60 dB below the span's loudest frame."""
_RANGE: Final = 1e-6


def refine_edges(spans: Sequence[Span], powers: FrameLevels, frame_s: Seconds) -> tuple[Span, ...]:
    """Move edges to where sound begins and ends beside silence.

    Args:
        spans: of speech, in order and apart from each other.
        powers: mean power of consecutive frames of the recording, shape (num_frames,); see `frame_powers`.
        frame_s: length of such a frame.

    Returns:
        As many spans, in order and apart from each other.
    """
    refined: list[Span] = []
    for index, span in enumerate(spans):
        first, last = int(span.start / frame_s), min(len(powers), int(np.ceil(span.end / frame_s)))
        if last <= first:
            refined.append(span)
            continue
        sounds = powers > max(_SILENCE, _RANGE * float(powers[first:last].max()))
        floor = refined[-1].end if refined else 0.0
        ceiling = spans[index + 1].start if index + 1 < len(spans) else np.inf
        start = _onset(sounds, first, last, frame_s)
        end = _onset(sounds[::-1], len(sounds) - last, len(sounds) - first, frame_s)
        refined.append(
            Span(
                span.start if start is None else max(floor, start * frame_s),
                span.end if end is None else min(ceiling, (len(sounds) - end) * frame_s),
            )
        )
    return tuple(refined)


def _onset(sounds: NDArray[np.bool_], first: int, last: int, frame_s: Seconds) -> int | None:
    """Return the frame where the sound at `first` or behind it begins, None where it cannot be told.

    Args:
        sounds: whether each frame is louder than silence.
        first: first frame of the span.
        last: one behind its last frame.
        frame_s: length of a frame.
    """
    if not sounds[first]:
        later = np.flatnonzero(sounds[first:last])
        return first + int(later[0]) if later.size else None
    furthest = max(0, first - round(_REACH_S / frame_s))
    silent = np.flatnonzero(~sounds[furthest:first])
    return furthest + int(silent[-1]) + 1 if silent.size else None
