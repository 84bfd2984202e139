"""Recordings that are not whole: each refused, and some taken with what is missing said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edge_runtime.audio.options import LoadOptions
from tests.support.recordings.case import Case
from tests.support.recordings.workshop import RATE, Workshop, clip

DAMAGED = r"damaged: .* take what is there with --salvage"
REFUSED = rf"{DAMAGED}|not readable as audio|ffmpeg cannot decode it"
_SALVAGE = LoadOptions(salvage=True)
_CUT = {
    "wav.wav": ["-c:a", "pcm_s16le"],
    "rf64.wav": ["-c:a", "pcm_s16le", "-rf64", "always"],
    "w64.w64": ["-c:a", "pcm_s16le"],
    "flac.flac": ["-c:a", "flac"],
    "mp3.mp3": ["-c:a", "libmp3lame"],
    "vorbis.ogg": ["-c:a", "libvorbis"],
    "opus.opus": ["-c:a", "libopus"],
    "flac.oga": ["-c:a", "flac"],
    "aiff.aiff": ["-c:a", "pcm_s16be"],
    "au.au": ["-c:a", "pcm_s16be"],
    "caf.caf": ["-c:a", "pcm_s16be"],
    "faststart.m4a": ["-c:a", "aac", "-movflags", "+faststart"],
    "moov at the end.m4a": ["-c:a", "aac"],
    "fragments.mp4": ["-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov", "-frag_duration", "500000"],
    "aac.mkv": ["-c:a", "aac"],
    "opus.webm": ["-c:a", "libopus"],
    "aac.ts": ["-c:a", "aac"],
    "mp2.ts": ["-c:a", "mp2"],
    "mp3.avi": ["-c:a", "libmp3lame"],
    "wma.wma": ["-c:a", "wmav2"],
    "aac.aac": ["-c:a", "aac"],
    "wavpack.wv": ["-c:a", "wavpack"],
    "tta.tta": ["-c:a", "tta"],
    "g722.wav": ["-c:a", "adpcm_g722"],
    "mp3.wav": ["-c:a", "libmp3lame"],
}
_HOLES = ("flac.flac", "vorbis.ogg", "opus.opus", "faststart.m4a", "aac.mkv", "aac.ts", "aac.aac", "flac.oga")
_SALVAGED = ("wav.wav", "flac.flac", "vorbis.ogg", "mp3.mp3", "faststart.m4a", "aac.mkv")


def cases(shop: Workshop) -> Iterator[Case]:
    """Yield the cases."""
    whole = {name: shop.ffmpeg(f"whole {name}", *arguments) for name, arguments in _CUT.items()}
    for name, path in whole.items():
        if name == "aac.aac":  # nothing says how long it is; see `lengths`
            continue
        yield Case(group="cut", name=name, path=shop.cut(path), error_pattern=REFUSED)
    for name in _HOLES:
        yield Case(group="hole", name=name, path=shop.hole(whole[name]), error_pattern=REFUSED)
    spoken_s = clip().size / RATE
    padded = shop.sound("tail.wav", np.append(clip(), np.zeros(2 * RATE, np.float32)), subtype="PCM_16")
    for name in _SALVAGED:
        path = shop.cut(shop.ffmpeg(f"tail {name}", *_CUT[name], source=padded), 0.97)
        yield Case(group="salvaged", name=name, path=path, window_s=(0, spoken_s), options=_SALVAGE,
                   notices=frozenset({"partial"}))  # fmt: skip
    yield from _flipped(shop, whole)


def _flipped(shop: Workshop, whole: dict[str, Path]) -> Iterator[Case]:
    for name in ("flac.flac", "vorbis.ogg", "opus.opus"):
        data = bytearray(whole[name].read_bytes())
        data[len(data) // 2] ^= 0x10
        yield Case(
            group="one bit", name=name, path=shop.put(f"bit {name}", bytes(data)), error_pattern=REFUSED
        )
