"""A microphone by sounddevice, played by a module that has its names."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from edge_runtime.cli.live.microphone import list_devices, open_microphone
from edge_runtime.errors import AudioError, BackendUnavailableError

MODULE = dedent("""
    import numpy as np

    DEVICES = [
        {"name": "Speakers", "max_input_channels": 0, "default_samplerate": 48000.0},
        {"name": "Desk microphone", "max_input_channels": 2, "default_samplerate": 44100.0},
    ]
    opened = []

    class PortAudioError(Exception):
        pass

    def query_devices(device=None, kind=None):
        if device is None and kind is None:
            return DEVICES
        if device in (None, 1, "Desk microphone"):
            return DEVICES[1]
        raise ValueError(f"No input device matching {device!r}")

    class InputStream:
        def __init__(self, rate, device, channels, dtype):
            assert (channels, dtype) == (1, "float32")
            self.closed, self.reads = False, 0
            opened.append((rate, device, self))

        def start(self):
            pass

        def read(self, frames):
            self.reads += 1
            if self.reads > 2:
                raise PortAudioError("Device unavailable")
            return np.full((frames, 1), 0.25, np.float32), self.reads == 2

        def abort(self, ignore_errors):
            pass

        def close(self, ignore_errors):
            self.closed = True
""")


@pytest.fixture
def port_audio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def install(source: str) -> None:
        (tmp_path / "sounddevice.py").write_text(source, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "sounddevice", raising=False)

    monkeypatch.setitem(sys.modules, "sounddevice", None)  # restores what was there
    return install


def test_a_microphone_is_read_at_its_own_rate_until_it_is_gone(port_audio: Callable[[str], None]) -> None:
    port_audio(MODULE)
    remarks: list[str] = []
    with open_microphone("1", remarks.append) as source:
        assert (source.name, source.rate, source.is_live) == ("mic", 44_100, True)
        blocks = [next(source.blocks), next(source.blocks)]
        with pytest.raises(AudioError, match=r"gives no more audio: Device unavailable. Plug it in again"):
            next(source.blocks)
    assert all(block.ndim == 1 and np.all(block == np.float32(0.25)) for block in blocks)
    assert remarks == ["audio was lost, this machine was too busy to take it."]
    rate, device, stream = sys.modules["sounddevice"].opened[0]
    assert (rate, device, stream.closed) == (44_100, 1, True)


def test_only_what_records_is_listed(port_audio: Callable[[str], None]) -> None:
    port_audio(MODULE)
    assert list_devices() == "1\tDesk microphone\t44100 Hz"


def test_a_microphone_that_is_not_there_is_named(port_audio: Callable[[str], None]) -> None:
    port_audio(MODULE)
    with (
        pytest.raises(AudioError, match=r"Attic: No input device matching 'Attic'.*--list-devices"),
        open_microphone("Attic", print),
    ):
        pass


def test_a_package_without_its_library_says_what_to_install(port_audio: Callable[[str], None]) -> None:
    port_audio("raise OSError('PortAudio library not found')")
    with pytest.raises(BackendUnavailableError, match=r"PortAudio library not found. Install it"):
        list_devices()
