"""Live audio from a microphone: by PortAudio where `sounddevice` is installed, else by `arecord`."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from edge_runtime.arrays import Waveform
from edge_runtime.cli.live.pcm import BLOCK_S, PcmFormat, read_blocks
from edge_runtime.cli.live.source import LiveSource, Remark
from edge_runtime.errors import AudioError, BackendUnavailableError

NAME: Final = "mic"
_ARECORD: Final = "arecord"
_ARECORD_FORMAT: Final = PcmFormat(rate=16_000)
_ADVICE: Final = "Look at `edge-asr stream --list-devices` and name one with --input-device."
_MISSING: Final = (
    "A microphone needs the Python package 'sounddevice' (pip install 'edge-asr[mic]', and PortAudio: apt "
    "install libportaudio2), or the program arecord (apt install alsa-utils). Neither is here."
)


def open_microphone(device: str | None, remark: Remark) -> AbstractContextManager[LiveSource]:
    """Open a microphone.

    Args:
        device: number or name of it, None for the default.
        remark: takes what a listener should know.

    Raises:
        BackendUnavailableError: there is nothing that can record.
        AudioError: there is no such device, or it cannot be opened.
    """
    if find_spec("sounddevice"):
        return _port_audio(device, remark)
    if shutil.which(_ARECORD):
        return _arecord(device, remark)
    raise BackendUnavailableError(_MISSING)


def list_devices() -> str:
    """Return the microphones of this machine, a line each; raises as `open_microphone` does."""
    if find_spec("sounddevice"):
        devices = _sounddevice().query_devices()
        microphones = ((number, one) for number, one in enumerate(devices) if one["max_input_channels"])
        return "\n".join(
            f"{number}\t{one['name']}\t{one['default_samplerate']:.0f} Hz" for number, one in microphones
        )
    if not shutil.which(_ARECORD):
        raise BackendUnavailableError(_MISSING)
    listed = subprocess.run(  # noqa: S603 # a fixed command
        [_ARECORD, "-L"],
        capture_output=True,
        text=True,
        check=False,
    )
    return "\n".join(line for line in listed.stdout.splitlines() if line and not line[0].isspace())


def _sounddevice() -> Any:
    """Import the package, which loads PortAudio as it is imported."""
    try:
        import sounddevice  # noqa: PLC0415  # an extra
    except OSError as error:
        raise BackendUnavailableError(
            f"sounddevice finds no PortAudio: {error}. Install it: apt install libportaudio2."
        ) from error
    return sounddevice


@contextmanager
def _port_audio(device: str | None, remark: Remark) -> Iterator[LiveSource]:
    sounddevice = _sounddevice()
    chosen = int(device) if device and device.isdigit() else device
    try:
        rate = round(sounddevice.query_devices(chosen, "input")["default_samplerate"])
        stream = sounddevice.InputStream(rate, device=chosen, channels=1, dtype="float32")
        stream.start()
    except (sounddevice.PortAudioError, ValueError) as error:
        raise AudioError(f"{NAME}: {device or 'the default device'}: {error}. {_ADVICE}") from error
    try:
        yield LiveSource(NAME, rate, _recorded(sounddevice, stream, rate, remark), is_live=True)
    finally:
        stream.abort(ignore_errors=True)
        stream.close(ignore_errors=True)


def _recorded(sounddevice: Any, stream: Any, rate: int, remark: Remark) -> Iterator[Waveform]:
    while not stream.closed:
        try:
            samples, overflowed = stream.read(round(BLOCK_S * rate))
        except sounddevice.PortAudioError as error:
            raise _gone(str(error)) from error
        if overflowed:
            remark("audio was lost, this machine was too busy to take it.")
        yield np.array(samples[:, 0])


@contextmanager
def _arecord(device: str | None, remark: Remark) -> Iterator[LiveSource]:
    chosen = ["-D", device] if device else []
    pcm = _ARECORD_FORMAT
    command = [
        _ARECORD,
        "-q",
        "-t",
        "raw",
        "-f",
        "S16_LE",
        "-r",
        str(pcm.rate),
        "-c",
        str(pcm.channels),
        *chosen,
    ]
    with subprocess.Popen(  # noqa: S603 # a fixed program, arguments as a list
        command,
        bufsize=0,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us: what it has recorded is still to be read
    ) as process:
        assert process.stdout is not None, "it is a pipe"
        try:
            yield LiveSource(
                NAME,
                pcm.rate,
                _piped(process, read_blocks(process.stdout.read, pcm, remark=remark)),
                is_live=True,
            )
        finally:
            process.terminate()


def _piped(process: subprocess.Popen[bytes], blocks: Iterator[Waveform]) -> Iterator[Waveform]:
    """Yield the blocks; a recorder never ends by itself, so its end is an error."""
    yield from blocks
    assert process.stderr is not None, "it is a pipe"
    raise _gone(" ".join(process.stderr.read().decode(errors="replace").split()) or "arecord ended")


def _gone(reason: str) -> AudioError:
    return AudioError(f"{NAME}: the microphone gives no more audio: {reason}. Plug it in again. {_ADVICE}")
