"""What a command line names is opened as what it is."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread

from edge_runtime.audio.options import AudioFile, LoadOptions
from edge_runtime.audio.recording import SpooledAudio
from edge_runtime.cli.inputs.opening import open_recording


def test_a_file_is_left_to_the_recognizer(tmp_path: Path) -> None:
    options = LoadOptions(salvage=True)
    assert open_recording(options, str(tmp_path / "a.wav")) == AudioFile(tmp_path / "a.wav", options)


def test_a_named_pipe_is_read_to_its_end_once(tmp_path: Path, clip: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(clip.read_bytes(),))
    writer.start()
    spooled = open_recording(LoadOptions(), str(pipe))
    writer.join()
    assert isinstance(spooled, SpooledAudio)
    assert spooled.medium.read_at(0, 1 << 20) == clip.read_bytes()
    assert spooled.source == str(pipe)
