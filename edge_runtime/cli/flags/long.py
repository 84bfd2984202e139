"""Flags that say how a recording is divided into segments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

import typer

from edge_runtime.arrays import Seconds
from edge_runtime.errors import UsageError
from edge_runtime.recognition.long.long_options import LongOptions
from edge_runtime.vad.options import VadOptions
from edge_runtime.vad.segmentation import SegmentOptions

Vad: TypeAlias = Annotated[
    bool, typer.Option("--vad/--no-vad", help="Leave out what is no speech, where the bundle can tell.")
]
VadThreshold: TypeAlias = Annotated[
    float, typer.Option("--vad-threshold", min=0, max=1, help="Probability from which on it is speech.")
]
NegThreshold: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--vad-neg-threshold", min=0, max=1, help="Below it speech ends. [default: threshold - 0.15]"
    ),
]
MinSpeech: TypeAlias = Annotated[
    int, typer.Option("--vad-min-speech-duration-ms", min=0, help="Shorter speech is left out.")
]
MinSilence: TypeAlias = Annotated[
    int, typer.Option("--vad-min-silence-duration-ms", min=0, help="Shorter silence belongs to the speech.")
]
SpeechPad: TypeAlias = Annotated[
    int, typer.Option("--vad-speech-pad-ms", min=0, help="Added at both sides of speech.")
]
SegmentSec: TypeAlias = Annotated[
    float,
    typer.Option("--segment-sec", min=0, help="Longest segment of a recording; 0 takes it as one piece."),
]
MergePause: TypeAlias = Annotated[
    float, typer.Option("--merge-pause-sec", min=0, help="Speech closer than this is one segment.")
]
Pack: TypeAlias = Annotated[
    bool, typer.Option("--pack/--no-pack", help="Fill segments with neighbouring speech and its pauses.")
]
LowEnergy: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--low-energy/--no-low-energy", help="Cut where qwen-asr does, near --segment-sec; skip nothing."
    ),
]
ClipTimestamps: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--clip-timestamps", metavar="START,END,…", help="Transcribe only these seconds. [default: all]"
    ),
]
MemoryBudget: TypeAlias = Annotated[
    int | None,
    typer.Option("--memory-budget", min=1, metavar="MB", help="For the caches of what is decoded together."),
]

_HYSTERESIS = 0.15
"""Silero's distance between the two thresholds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LongFlags:
    """How a recording is divided."""

    vad: Vad = True
    vad_threshold: VadThreshold = VadOptions().threshold
    vad_neg_threshold: NegThreshold = None
    vad_min_speech_duration_ms: MinSpeech = VadOptions().min_speech_duration_ms
    vad_min_silence_duration_ms: MinSilence = VadOptions().min_silence_duration_ms
    vad_speech_pad_ms: SpeechPad = VadOptions().speech_pad_ms
    segment_sec: SegmentSec = SegmentOptions().segment_sec
    merge_pause_sec: MergePause = SegmentOptions().merge_pause_sec
    pack: Pack = SegmentOptions().pack
    low_energy: LowEnergy = SegmentOptions().low_energy
    clip_timestamps: ClipTimestamps = None
    memory_budget: MemoryBudget = None

    def long_options(self) -> LongOptions:
        """Return the options.

        Raises:
            UsageError: they contradict each other, or times are no numbers.
        """
        lower = max(0.0, self.vad_threshold - _HYSTERESIS)
        return LongOptions(
            use_vad=self.vad,
            vad=VadOptions(
                threshold=self.vad_threshold,
                neg_threshold=lower if self.vad_neg_threshold is None else self.vad_neg_threshold,
                min_speech_duration_ms=self.vad_min_speech_duration_ms,
                min_silence_duration_ms=self.vad_min_silence_duration_ms,
                speech_pad_ms=self.vad_speech_pad_ms,
            ),
            segments=SegmentOptions(
                segment_sec=self.segment_sec,
                merge_pause_sec=self.merge_pause_sec,
                pack=self.pack,
                low_energy=self.low_energy,
            ),
            clip_timestamps=_times(self.clip_timestamps),
            memory_budget_mb=self.memory_budget,
        )


def _times(flag: str | None) -> tuple[Seconds, ...]:
    try:
        return tuple(float(one) for one in (flag or "").split(",") if one.strip())
    except ValueError as error:
        raise UsageError(f"--clip-timestamps {flag!r}: give seconds, as 12.5,60,100.") from error
