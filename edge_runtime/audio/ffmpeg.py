"""Decode what libsndfile cannot (m4a, mp4, mkv, webm …) in an ffmpeg process of its own, under limits.

Container demuxers are the largest attack surface of an audio front end. Keeping them in a child process
with bounded time, memory, output and no network means that a hostile file costs an error, not the caller.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
from pathlib import Path
from typing import Final

from edge_runtime.errors import AudioError

SUFFIXES: Final = frozenset(
    [
        ".3gp",
        ".aac",
        ".ac3",
        ".amr",
        ".asf",
        ".avi",
        ".flv",
        ".m4a",
        ".m4b",
        ".m4v",
        ".mka",
        ".mkv",
        ".mov",
        ".mp4",
        ".mpeg",
        ".mpg",
        ".ts",
        ".webm",
        ".wma",
        ".wmv",
    ]
)
"""Files handed to ffmpeg; everything else goes to libsndfile."""

TIMEOUT_S: Final = 300
"""After which a decoder is ended."""
_MEMORY_BYTES: Final = 2 << 30
_BYTES_PER_S: Final = 8 * 192_000 * 4
"""Room for a second of 8 float channels at 192 kHz."""


def decode_to_wav(source: Path, target: Path, max_audio_s: float) -> None:
    """Write the first audio stream of `source` to `target` as float WAV, its rate and channels kept.

    Args:
        source: any file that ffmpeg can read.
        target: WAV file to write.
        max_audio_s: decode no more than a second beyond this, enough to see that the audio is too long.

    Raises:
        AudioError: ffmpeg is missing, refuses the file, or does not finish in time.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise AudioError(
            f"{source}: reading {source.suffix} files needs ffmpeg, which is not installed. "
            f"Install it (`apt-get install ffmpeg`), or convert the file to WAV or FLAC."
        )
    command = [program, *_arguments(source, target, max_audio_s)]
    process = subprocess.Popen(  # noqa: S603  # our own program, arguments as a list
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    resource.prlimit(process.pid, resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.prlimit(process.pid, resource.RLIMIT_CPU, (TIMEOUT_S, TIMEOUT_S))
    try:
        _, complaint = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise AudioError(
            f"{source}: ffmpeg did not finish within {TIMEOUT_S} s. Convert the file to WAV."
        ) from error
    if process.returncode != 0:
        raise AudioError(f"{source}: ffmpeg cannot decode it: {_last_line(complaint)}")


def _arguments(source: Path, target: Path, max_audio_s: float) -> list[str]:
    seconds = max_audio_s + 1
    limits = ["-t", f"{seconds:.3f}", "-fs", str(int(seconds * _BYTES_PER_S)), "-threads", "1"]
    return [
        *("-nostdin", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file,pipe"),
        *("-i", f"file:{source.absolute()}", "-map", "0:a:0", "-vn", "-sn", "-dn", *limits),
        *("-c:a", "pcm_f32le", "-rf64", "auto", "-f", "wav", "-y", f"file:{target.absolute()}"),
    ]


def _last_line(complaint: bytes) -> str:
    lines = complaint.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it gave no reason."
