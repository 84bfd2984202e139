"""The options of recordings that are transcribed in segments."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge_runtime.arrays import Seconds
from edge_runtime.errors import UsageError
from edge_runtime.vad.energy import Span
from edge_runtime.vad.options import VadOptions
from edge_runtime.vad.segmentation import SegmentOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class LongOptions:
    """How a recording is divided. One of at most `segments.segment_sec` is one segment, and whole.

    Attributes:
        use_vad: leave out what the bundle's voice activity detector takes for no speech. Without it, or where
            the bundle has none, nothing is left out.
        vad: of the detector.
        segments: of the plan.
        clip_timestamps: seconds at which clips begin and end, in turns: only they are transcribed, and the
            last may go on to the end. The detector is not asked then. openai-whisper and faster-whisper mean
            the same by it.
        second_look: decode segments of low confidence again with more around them, packed ones also in the
            stretches that they were packed of, and keep the best.
        memory_budget_mb: most memory for the caches of segments that are decoded together; None takes 8192
            rows, 1.9 GB for the 0.6B shapes.
    """

    use_vad: bool = True
    vad: VadOptions = field(default_factory=VadOptions)
    segments: SegmentOptions = field(default_factory=SegmentOptions)
    clip_timestamps: tuple[Seconds, ...] = ()
    second_look: bool = True
    memory_budget_mb: int | None = None

    def __post_init__(self) -> None:
        times = self.clip_timestamps
        if any(time < 0 for time in times) or list(times) != sorted(times):
            raise UsageError(
                f"clip_timestamps are {', '.join(f'{time:g}' for time in times)}: give seconds from 0 on, in "
                f"ascending order: start,end,start,end …"
            )
        if self.segments.low_energy and self.has_clips:
            raise UsageError("low_energy divides the whole recording. Give clip_timestamps, or low_energy.")
        if self.memory_budget_mb is not None and self.memory_budget_mb < 1:
            raise UsageError(f"memory_budget_mb is {self.memory_budget_mb}; it is at least 1.")

    @property
    def has_clips(self) -> bool:
        """Whether only parts are to be transcribed; a lone 0 means the whole, as in the programs above."""
        return self.clip_timestamps not in {(), (0.0,)}

    def clips(self, duration_s: Seconds) -> tuple[Span, ...]:
        """Return the clips of a recording of so many seconds, cut at its end."""
        times = self.clip_timestamps if self.has_clips else (0.0,)
        ends = [*times, duration_s] if len(times) % 2 else list(times)
        spans = (Span(start, min(end, duration_s)) for start, end in zip(ends[::2], ends[1::2], strict=True))
        return tuple(span for span in spans if span.start < span.end)
