"""Channels, tracks, clocks and levels that leave a choice, or that a listener should know of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edge_runtime.audio.options import LoadOptions
from tests.support.recordings.case import Case
from tests.support.recordings.workshop import RATE, Workshop, clip

_AAC = ("-c:a", "aac")
_OTHER = "zh-00001"


def cases(shop: Workshop) -> Iterator[Case]:
    """Yield the cases."""
    yield from _channels(shop)
    yield from _tracks(shop)
    yield from _clocks(shop)
    yield from _levels(shop)


def _channels(shop: Workshop) -> Iterator[Case]:
    speech, silence, other = clip(), np.zeros_like(clip()), clip(_OTHER)
    size = min(speech.size, other.size)
    two = np.stack([speech[:size], other[:size]], axis=1)
    opposite = shop.sound("opposite.wav", np.stack([speech, -speech], axis=1))
    cancels = frozenset({"channels_cancel"})
    nothing = np.full(speech.size, 1e-9, np.float32)
    yield Case(group="channels", name="opposite", path=opposite, reference=nothing, notices=cancels)
    first = LoadOptions(channel=1)
    yield Case(group="channels", name="opposite, the first alone", path=opposite, options=first)
    yield Case(group="channels", name="a fourth of two", path=opposite, options=LoadOptions(channel=4),
               error_pattern="there is no channel 4; it has 2")  # fmt: skip
    speakers = shop.sound("speakers.wav", two)
    yield Case(group="channels", name="one of two speakers", path=speakers, options=LoadOptions(channel=2),
               reference=other[:size])  # fmt: skip
    yield Case(
        group="channels", name="doubled", path=shop.sound("doubled.wav", np.stack([speech] * 2, axis=1))
    )
    half = shop.sound("half.wav", np.stack([speech, silence], axis=1))
    yield Case(group="channels", name="one silent", path=half)
    nine = shop.sound("nine.wav", np.stack([speech] * 9, axis=1))
    yield Case(group="channels", name="nine", path=nine)
    yield Case(group="channels", name="5.1, centre", path=shop.ffmpeg("surround.m4a", "-ac", "6", *_AAC))


def _tracks(shop: Workshop) -> Iterator[Case]:
    other = shop.sound("other.wav", clip(_OTHER), subtype="PCM_16")
    quiet = shop.sound("quiet.wav", np.zeros_like(clip()), subtype="PCM_16")
    ours = ("-i", str(shop.source))
    maps = ("-map", "0:a", "-map", "1:a", *_AAC)
    second = ("-disposition:a:0", "0", "-disposition:a:1", "default")
    several = frozenset({"several_tracks"})
    for name in ("second is default.mp4", "second is default.mkv"):
        path = shop.command(name, "-i", str(other), *ours, *maps, *second)
        yield Case(group="tracks", name=name, path=path, notices=several)
        yield Case(group="tracks", name=f"first of {name}", path=path, reference=clip(_OTHER),
                   options=LoadOptions(audio_track=1))  # fmt: skip
        yield Case(group="tracks", name=f"third of {name}", path=path, options=LoadOptions(audio_track=3),
                   error_pattern="there is no audio track 3; it has 2")  # fmt: skip
    path = shop.command("first is silent.mkv", "-i", str(quiet), *ours, *maps, "-disposition:a:0", "default")
    silent = several | {"silent_track"}
    yield Case(
        group="tracks", name="first is silent", path=path, reference=np.zeros_like(clip()), notices=silent
    )
    yield Case(group="tracks", name="the other one", path=path, options=LoadOptions(audio_track=2))


def _clocks(shop: Workshop) -> Iterator[Case]:
    filled = frozenset({"gap_filled"})
    picture = ("-f", "lavfi", "-i", "color=size=16x16:duration=6:rate=10")
    late = np.concatenate([np.zeros(int(2.9 * RATE), np.float32), clip()])
    for name in ("late.mp4", "late.mkv", "late.ts"):
        path = shop.command(name, *picture, "-itsoffset", "2.9", "-i", str(shop.source), "-map", "0:v",
                            "-map", "1:a", "-c:v", "mpeg4", *_AAC)  # fmt: skip
        end_s = late.size / RATE
        yield Case(
            group="clock", name=name, path=path, window_s=(2.9, end_s), notices=filled, duration_s=end_s
        )
    pause = np.zeros(4 * RATE, np.float32)
    long = np.concatenate([clip(), pause, clip()])
    source = shop.sound("pause.wav", long, subtype="PCM_16")
    start = clip().size / RATE
    gap = f"aselect='not(between(t,{start:.2f},{start + 3.9:.2f}))'"
    path = shop.ffmpeg("gap.mkv", "-af", gap, "-c:a", "pcm_s16le", source=source)
    end_s = long.size / RATE
    yield Case(group="clock", name="gap.mkv", path=path, window_s=(start + 4, end_s), notices=filled,
               duration_s=end_s)  # fmt: skip


def _levels(shop: Workshop) -> Iterator[Case]:
    loud = shop.sound("loud.wav", clip() * 32_768, subtype="FLOAT")
    yield Case(group="level", name="32,768 times too loud", path=loud)
    offset = shop.sound("offset.wav", clip() * 0.5 + 0.3, subtype="FLOAT")
    yield Case(group="level", name="offset of 0.3", path=offset)
    spiked = clip()
    spiked[1000] = 1e4
    path = shop.sound("spike.wav", spiked, subtype="FLOAT")
    yield Case(group="level", name="one sample of 10,000", path=path, reference=spiked / 1e4,
               notices=frozenset({"level_spike"}))  # fmt: skip
