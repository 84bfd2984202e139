"""Decode what libsndfile cannot (m4a, mp4, mkv, webm …) in an ffmpeg process of its own, under limits.

Container demuxers are the largest attack surface of an audio front end. The process gets one open file, the
name of one demuxer, which opens nothing else, and bounds of time and memory; its samples come through a pipe.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter
from typing import IO, Final

import numpy as np

from edge_runtime.arrays import Array, Seconds
from edge_runtime.audio.decoders.child_limits import limited
from edge_runtime.audio.decoders.ffmpeg_input import ffmpeg_input
from edge_runtime.audio.decoders.ffmpeg_log import FfmpegLog
from edge_runtime.audio.medium import Medium
from edge_runtime.errors import AudioError

TIMEOUT_S: Final = 300
"""After so much waiting for its output a decoder is ended."""
_BLOCK_BYTES: Final = 1 << 18
_HEADER: Final = struct.Struct(">4sIIIII")
_LINE_BYTES: Final = 4096
# Gaps are filled, so that times are those of the container: what lies below 75 ms is less than a class of the
# aligner (80 ms), and more than encoders' delays (64 ms for AAC at 16 kHz).
_CLOCK: Final = "aresample=async=1:min_comp=0.075:min_hard_comp=0.075:first_pts=0"
# With any offset at all, ffmpeg counts from the start of the container and not from that of the track.
_OFFSET: Final = ("-itsoffset", "0.000001")


class FfmpegDecoder:
    """A running ffmpeg that decodes one track.

    Attributes:
        sample_rate: of the track in Hz, 0 where nothing was decoded.
        num_channels: of the track.
        log: what ffmpeg said; complete after the last block.
    """

    def __init__(self, process: subprocess.Popen[bytes], name: str, demuxer: str) -> None:
        """Take a process that was just started; see `open_decoder`."""
        self._process, self._name = process, name
        self._timed_out = threading.Event()
        self._patience_s: Seconds = TIMEOUT_S
        self.log = FfmpegLog(demuxer)
        self._described = threading.Event()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        with self._watched():
            self.sample_rate, self.num_channels = self._read_header()
        self._described.wait(TIMEOUT_S)

    def blocks(self) -> Iterator[Array]:
        """Yield samples as float32, shape (num_samples, num_channels).

        Raises:
            AudioError: ffmpeg refuses the file, or does not finish in time.
        """
        frame_bytes = 4 * max(1, self.num_channels)
        while data := self._read(max(1, _BLOCK_BYTES // frame_bytes) * frame_bytes):
            whole = len(data) - len(data) % frame_bytes
            samples = np.frombuffer(data[:whole], ">f4").astype(np.float32)
            yield samples.reshape(-1, max(1, self.num_channels))
        with self._watched():
            status = self._process.wait()
        self._reader.join()
        self._require_finished(status)

    def close(self) -> None:
        """End ffmpeg, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._stdout.close()
        self._stderr.close()

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout, "it was started with a pipe"
        return self._process.stdout

    @property
    def _stderr(self) -> IO[bytes]:
        assert self._process.stderr, "it was started with a pipe"
        return self._process.stderr

    def _read(self, count: int) -> bytes:
        with self._watched():
            return _read_fully(self._stdout, count)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """End ffmpeg where the body waits for it too long; what the caller does meanwhile does not count."""
        watchdog = threading.Timer(self._patience_s, self._give_up)
        watchdog.daemon = True
        watchdog.start()
        start = perf_counter()
        try:
            yield
        finally:
            watchdog.cancel()
            self._patience_s = max(0.0, self._patience_s - (perf_counter() - start))

    def _read_header(self) -> tuple[int, int]:
        header = _read_fully(self._stdout, _HEADER.size)
        if len(header) < _HEADER.size:
            return 0, 0
        _, offset, _, _, rate, channels = _HEADER.unpack(header)
        _read_fully(self._stdout, offset - _HEADER.size)
        return rate, channels

    def _read_log(self) -> None:
        while line := self._stderr.readline(_LINE_BYTES):
            self.log.read([line.decode("utf-8", "replace")])
            if self.log.started:
                self._described.set()
        self._described.set()

    def _give_up(self) -> None:
        self._timed_out.set()
        self._process.kill()

    def _require_finished(self, status: int) -> None:
        if self._timed_out.is_set():
            raise AudioError(
                f"{self._name}: ffmpeg did not finish within {TIMEOUT_S} s. Convert the file to WAV."
            )
        if status == 0:
            return
        if self.log.duration_s is not None and not self.log.tracks:
            raise AudioError(f"{self._name}: has no audio: there is no audio track in it. Give another file.")
        reason = self.log.last or ("it gave no reason" if status > 0 else f"it ended by signal {-status}")
        raise AudioError(f"{self._name}: ffmpeg cannot decode it: {reason.rstrip('.')}. Convert it to WAV.")


@contextmanager
def open_decoder(medium: Medium, demuxer: str, track: int, *, clock: bool = True) -> Iterator[FfmpegDecoder]:
    """Start ffmpeg on a recording; it has ended when the context ends.

    Args:
        medium: the recording.
        demuxer: what ffmpeg calls the container; it takes the bytes for nothing else.
        track: audio track to decode, from 0.
        clock: fill gaps with silence, so that times are those of the container.

    Raises:
        AudioError: ffmpeg is missing or cannot be started.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise AudioError(
            f"{medium.name}: reading this kind of file needs ffmpeg, which is not installed. "
            f"Install it (`apt-get install ffmpeg`), or convert the file to WAV or FLAC."
        )
    with ExitStack() as stack:
        url, stdin = ffmpeg_input(medium, stack)
        command = limited([program, *_arguments(url, demuxer, track, clock=clock)])
        try:
            process = subprocess.Popen(  # noqa: S603  # our own program, arguments as a list
                command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except OSError as error:
            raise AudioError(f"{medium.name}: ffmpeg cannot be started: {error.strerror}.") from error
        decoder = None
        try:
            decoder = FfmpegDecoder(process, medium.name, demuxer)
            yield decoder
        finally:
            if decoder is not None:
                decoder.close()
            else:
                process.kill()
                process.communicate()


def _read_fully(stream: IO[bytes], count: int) -> bytes:
    """Read exactly `count` bytes, fewer only at the end."""
    return stream.read(count) if count > 0 else b""


def _arguments(url: str, demuxer: str, track: int, *, clock: bool) -> list[str]:
    return [
        *("-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+verbose", "-threads", "1"),
        *("-protocol_whitelist", "file", "-format_whitelist", demuxer, "-f", demuxer, *_OFFSET, "-i", url),
        *("-map", f"0:a:{track}", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-fflags", "+bitexact"),
        *("-max_error_rate", "1", *(("-af", _CLOCK) if clock else ())),
        *("-c:a", "pcm_f32be", "-f", "au", "-protocol_whitelist", "pipe", "pipe:1"),
    ]
