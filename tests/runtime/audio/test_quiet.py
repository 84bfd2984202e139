"""What a decoder prints stays inside; what others print does not."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import soundfile

from edge_runtime.audio.decoders.quiet import quiet_stderr
from edge_runtime.audio.load import load_audio
from tests.support.tiny_bundle import tone

RATE = 16_000
REMARK = (
    b"Warning: Xing stream size off by more than 1%, fuzzy seeking may be even more fuzzy than by design!\n"
)
pytestmark = pytest.mark.skipif(os.name != "posix", reason="descriptors are passed on elsewhere")


def num_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.fixture
def talkative(tmp_path: Path) -> Path:
    """An MP3 that libmpg123 remarks on: its tag says another size than it has."""
    path = tmp_path / "x.mp3"
    soundfile.write(path, tone(2 * RATE), RATE)
    path.write_bytes(path.read_bytes() + b"\x12junk" * 2000)
    return path


def test_libsndfile_alone_would_remark_on_it(talkative: Path) -> None:
    program = f"import soundfile; soundfile.read({str(talkative)!r})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert b"Warning: Xing" in done.stderr or b"Note: " in done.stderr


@pytest.mark.parametrize("redirected", ["", "2>&-"])
def test_nothing_is_printed_while_an_mp3_is_read(talkative: Path, redirected: str) -> None:
    names = "from pathlib import Path; from edge_runtime import load_audio"
    program = f"{names}; load_audio(Path({str(talkative)!r}), 16000, 60)"
    command = f'"{sys.executable}" -W error -c "{program}" {redirected}'
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_lines_of_others_pass(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_stderr():
        os.write(2, b"first\n" + REMARK + b"second\n")
        os.write(2, b"no end of line")
    os.write(2, b" behind\n")
    deadline = threading.Event()
    words = ("first", "second", "no end of line", "behind")
    err = ""
    for _ in range(100):
        err += capfd.readouterr().err
        if all(word in err for word in words):
            break
        deadline.wait(0.02)
    assert "Warning" not in err
    assert [err.index(word) >= 0 for word in words]


def test_what_a_child_inherits_stays_usable(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_stderr():
        child = subprocess.Popen(["/bin/sh", "-c", "read line; echo $line >&2"], stdin=subprocess.PIPE)
    child.communicate(b"late\n")
    assert child.returncode == 0
    for _ in range(100):
        if "late" in capfd.readouterr().err:
            return
        threading.Event().wait(0.02)
    pytest.fail("what the child wrote was lost")


def test_threads_may_overlap_and_no_descriptor_is_left(talkative: Path) -> None:
    before = num_descriptors() if Path("/proc/self/fd").exists() else 0
    results: list[float] = []
    threads = [
        threading.Thread(target=lambda: results.append(load_audio(talkative, RATE, 60).duration_s))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [2.0] * 8
    os.fstat(2)
    if before:
        for _ in range(100):
            if num_descriptors() <= before:
                return
            threading.Event().wait(0.02)
        pytest.fail("descriptors are left open")
