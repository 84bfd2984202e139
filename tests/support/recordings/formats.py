"""Sound recordings: every container and codec, whatever its name says."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.recordings.case import Case
from tests.support.recordings.workshop import RATE, Workshop, at_rate, clip

_SOUND = {
    "u8.wav": {"subtype": "PCM_U8"},
    "16 bit.wav": {"subtype": "PCM_16"},
    "24 bit.wav": {"subtype": "PCM_24"},
    "32 bit.wav": {"subtype": "PCM_32"},
    "float.wav": {"subtype": "FLOAT"},
    "double.wav": {"subtype": "DOUBLE"},
    "u-law.wav": {"subtype": "ULAW"},
    "a-law.wav": {"subtype": "ALAW"},
    "ima adpcm.wav": {"subtype": "IMA_ADPCM"},
    "ms adpcm.wav": {"subtype": "MS_ADPCM"},
    "extensible.wav": {"format": "WAVEX", "subtype": "PCM_16"},
    "rf64.wav": {"format": "RF64", "subtype": "PCM_16"},
    "w64.w64": {"format": "W64", "subtype": "PCM_16"},
    "16 bit.flac": {"subtype": "PCM_16"},
    "24 bit.flac": {"subtype": "PCM_24"},
    "vorbis.ogg": {"subtype": "VORBIS"},
    "opus.opus": {"format": "OGG", "subtype": "OPUS"},
    "mp3.mp3": {"format": "MP3"},
    "aiff.aiff": {"subtype": "PCM_16"},
    "little-endian.aifc": {"format": "AIFF", "subtype": "PCM_16", "endian": "LITTLE"},
    "au.au": {"subtype": "PCM_16"},
    "caf.caf": {"subtype": "PCM_16"},
    "alac.caf": {"subtype": "ALAC_16"},
    "voc.voc": {"subtype": "PCM_16"},
    "nist.sph": {"format": "NIST", "subtype": "PCM_16"},
    "amiga.svx": {"format": "SVX", "subtype": "PCM_16"},
    "avr.avr": {"format": "AVR", "subtype": "PCM_16"},
}
_FFMPEG = {
    "aac.m4a": ["-c:a", "aac"],
    "alac.m4a": ["-c:a", "alac"],
    "aac.mp4": ["-c:a", "aac"],
    "faststart.m4a": ["-c:a", "aac", "-movflags", "+faststart"],
    "fragments.mp4": ["-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov", "-frag_duration", "500000"],
    "pcm.mov": ["-c:a", "pcm_s16le"],
    "aac.3gp": ["-c:a", "aac"],
    "aac.3g2": ["-c:a", "aac"],
    "aac.f4v": ["-c:a", "aac"],
    "flac.mkv": ["-c:a", "flac"],
    "aac.mka": ["-c:a", "aac"],
    "opus.webm": ["-c:a", "libopus"],
    "vorbis.webm": ["-c:a", "libvorbis"],
    "mp2.ts": ["-c:a", "mp2"],
    "aac.ts": ["-c:a", "aac"],
    "ac3.m2ts": ["-c:a", "ac3", "-ar", "48000"],
    "mp2.vob": ["-c:a", "mp2", "-f", "vob"],
    "ac3.mpg": ["-c:a", "ac3", "-ar", "48000"],
    "mp3.avi": ["-c:a", "libmp3lame"],
    "pcm.avi": ["-c:a", "pcm_s16le"],
    "wma.wma": ["-c:a", "wmav2"],
    "mp3.flv": ["-c:a", "libmp3lame", "-ar", "44100"],
    "adts.aac": ["-c:a", "aac"],
    "ac3.ac3": ["-c:a", "ac3", "-ar", "48000"],
    "dts.dts": ["-c:a", "dca", "-strict", "-2", "-ar", "48000"],
    "wavpack.wv": ["-c:a", "wavpack"],
    "tta.tta": ["-c:a", "tta"],
    "speex.spx": ["-c:a", "libspeex"],
    "flac.oga": ["-c:a", "flac"],
    "alac by ffmpeg.caf": ["-c:a", "alac"],
    "g722.wav": ["-c:a", "adpcm_g722"],
    "yamaha.wav": ["-c:a", "adpcm_yamaha"],
    "mp3.wav": ["-c:a", "libmp3lame"],
    "mp2.mp2": ["-c:a", "mp2"],
    "nut.nut": ["-c:a", "pcm_s16le"],
    "vbr.mp3": ["-c:a", "libmp3lame", "-q:a", "4"],
    "vbr without a count.mp3": ["-c:a", "libmp3lame", "-q:a", "4", "-write_xing", "0"],
    "cbr without a count.mp3": ["-c:a", "libmp3lame", "-b:a", "64k", "-write_xing", "0"],
    "44.1 kHz stereo without a count.mp3": [
        "-c:a",
        "libmp3lame",
        "-ar",
        "44100",
        "-ac",
        "2",
        "-write_xing",
        "0",
    ],
}
_NARROW = {
    "gsm.wav": ["-c:a", "libgsm_ms"],
    "g726.wav": ["-c:a", "adpcm_g726"],
    "real.rm": ["-c:a", "real_144"],
}
"""Codecs of the telephone at 8 kHz."""
_PIPED = {
    "flac": ["-f", "flac"],
    "wav": ["-f", "wav"],
    "rf64": ["-rf64", "always", "-f", "wav"],
    "w64": ["-f", "w64"],
    "au": ["-f", "au"],
    "mp3": ["-f", "mp3"],
    "ogg": ["-c:a", "libvorbis", "-f", "ogg"],
    "matroska": ["-f", "matroska"],
    "fragments": ["-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov", "-f", "mp4"],
}
_NAMES = (
    ("aac.m4a", "m4a.mp3"),
    ("aac.m4a", "m4a.wav"),
    ("aac.mp4", "mp4 without a suffix"),
    ("opus.webm", "webm.ogg"),
    ("adts.aac", "aac.mp3"),
    ("mp3.mp3", "mp3.wav"),
    ("16 bit.wav", "wav.txt"),
    ("16 bit.flac", "flac.m4a"),
    ("vorbis.ogg", "ogg.mp3"),
    ("wma.wma", "wma.mp4"),
)


def cases(shop: Workshop) -> Iterator[Case]:
    """Yield a case for each format and each misleading name."""
    for name, form in _SOUND.items():
        yield Case(group="libsndfile", name=name, path=shop.sound(name, **form))
    for name, arguments in _FFMPEG.items():
        yield Case(group="ffmpeg", name=name, path=shop.ffmpeg(name, *arguments))
    for name, arguments in _NARROW.items():
        path = shop.ffmpeg(name, "-ar", "8000", "-ac", "1", *arguments)
        clock = frozenset({"clock_ignored"} if name == "real.rm" else ())
        yield Case(group="telephone", name=name, path=path, notices=clock)
    for name, arguments in _PIPED.items():
        yield Case(group="into a pipe", name=name, path=shop.piped(f"piped {name}", *arguments))
    for name, other in _NAMES:
        yield Case(group="name", name=other, path=shop.renamed(shop.folder / name, other))
    for rate in (11_025, 22_050, 44_100, 48_000, 96_000, 192_000):
        path = shop.ffmpeg(f"{rate}.wav", "-ar", str(rate))
        yield Case(group="rate", name=f"{rate} Hz", path=path, reference=at_rate(clip(), min(rate, RATE)))
