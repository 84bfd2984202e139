"""Standard streams: encodings, closed descriptors, and libraries that print."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from edge_runtime.cli.process.streams import ESCAPE, standard_streams, write_result
from edge_runtime.errors import ExitCode, OutputError
from tests.support.process import run, run_in_shell
from tests.support.tiny_bundle import SPEECH_TEXT

# A text of the planted decoder is ASCII; this makes it a Chinese one with an emoji.
TRANSLATES = (
    "from dataclasses import replace\n"
    "from edge_runtime.recognition import transcriber\n"
    "build = transcriber.build_transcript\n"
    "transcriber.build_transcript = lambda *args: replace(build(*args), text='你好 😀')"
)
ASCII = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
PRINTS = (
    "import ctypes, os\n"
    "from edge_runtime.recognition.recognizer import Recognizer\n"
    "libc, actual = ctypes.CDLL(None), Recognizer.transcribe_each\n"
    "def transcribe_each(self, *args, **kwargs):\n"
    "    print('from Python')\n"
    "    libc.puts(b'from C'); libc.fflush(None)\n"
    "    os.system('echo from a child')\n"
    "    return actual(self, *args, **kwargs)\n"
    "Recognizer.transcribe_each = transcribe_each"
)


class Broken(io.StringIO):
    """A stdout that cannot be written."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def write(self, text: str) -> int:
        raise self._error


def test_a_result_that_cannot_be_written_is_an_error_and_a_reader_that_is_gone_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(OSError(28, "No space left on device")))
    with pytest.raises(OutputError, match="No space left on device"), standard_streams():
        write_result("text")
    monkeypatch.setattr(sys, "stdout", Broken(BrokenPipeError(32, "Broken pipe")))
    with pytest.raises(SystemExit) as caught, standard_streams():
        write_result("text")
    assert caught.value.code == ExitCode.READER_GONE


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("a好", "a\\u597d"), ("😀", "\\ud83d\\ude00"), ("\udcff", "\\udcff"), ("é", "\\u00e9")],
)
def test_escapes_are_those_of_json(text: str, escaped: str) -> None:
    with standard_streams():
        data = text.encode("ascii", ESCAPE)
    assert data.decode() == escaped
    assert json.loads(f'"{escaped}"') == text


def test_missing_streams_get_the_null_device(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    with standard_streams():
        assert sys.stdin.read() == ""
        for stream in (sys.stdout, sys.stderr):
            stream.write("nowhere")
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            stream.close()


def test_text_that_stdout_cannot_encode_is_escaped_and_the_rest_is_done(
    clip: Path, tiny_bundle: Path
) -> None:
    done = run("run", clip, clip, "-m", tiny_bundle, preload=TRANSLATES, **ASCII)
    assert (done.returncode, done.stderr) == (ExitCode.OK, b"")
    assert done.stdout.decode("ascii") == 2 * f"{clip}\t\\u4f60\\u597d \\ud83d\\ude00\n"


def test_json_stays_json_whatever_stdout_can_encode(clip: Path, tiny_bundle: Path) -> None:
    done = run("run", clip, "--json", "-m", tiny_bundle, preload=TRANSLATES, **ASCII)
    assert done.returncode == ExitCode.OK
    assert json.loads(done.stdout.decode("ascii"))["text"] == "你好 😀"


@pytest.mark.parametrize("stream", ["2>&-", "<&-", "<&- 2>&-"])
def test_a_closed_stream_that_is_not_needed_is_no_reason_to_stop(
    clip: Path, tiny_bundle: Path, stream: str
) -> None:
    done = run_in_shell(f"$COMMAND {stream}", "run", clip, "-m", tiny_bundle)
    assert (done.returncode, done.stdout.decode()) == (ExitCode.OK, f"{SPEECH_TEXT}\n")


def test_an_error_without_stderr_does_not_reach_stdout(clip: Path, tiny_bundle: Path) -> None:
    done = run_in_shell("$COMMAND 2>&-", "run", clip, "absent.wav", "-m", tiny_bundle)
    assert (done.returncode, done.stdout.decode()) == (
        ExitCode.SOME_INPUTS_FAILED,
        f"{clip}\t{SPEECH_TEXT}\n",
    )


def test_closed_standard_input_is_an_error_line(clip: Path, tiny_bundle: Path) -> None:
    done = run_in_shell("$COMMAND <&-", "run", "-", clip, "-m", tiny_bundle)
    assert done.returncode == ExitCode.SOME_INPUTS_FAILED
    assert done.stdout.decode() == f"{clip}\t{SPEECH_TEXT}\n"
    assert b"nothing on standard input" in done.stderr


@pytest.mark.parametrize("stream", [">&-", ">/dev/full"])
def test_text_that_is_lost_is_a_failure(clip: Path, tiny_bundle: Path, stream: str) -> None:
    done = run_in_shell(f"$COMMAND {stream}", "run", clip, clip, "-m", tiny_bundle)
    assert done.returncode == ExitCode.RESOURCES
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("edge-asr: error: Standard output ")


@pytest.mark.parametrize("name", ["version", "--version"])
def test_the_version_is_a_result_too(name: str) -> None:
    assert run_in_shell("$COMMAND >&-", name).returncode == ExitCode.RESOURCES


def test_files_need_no_stdout(clip: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    done = run_in_shell("$COMMAND >&-", "run", clip, "-m", tiny_bundle, "-o", tmp_path / "out")
    assert done.returncode == ExitCode.OK
    assert (tmp_path / "out" / "clip.txt").read_text() == f"{SPEECH_TEXT}\n"


def test_a_full_stderr_loses_remarks_and_no_text(clip: Path, tiny_bundle: Path) -> None:
    done = run_in_shell("$COMMAND 2>/dev/full", "run", clip, "-v", "-m", tiny_bundle)
    assert (done.returncode, done.stdout.decode()) == (ExitCode.OK, f"{SPEECH_TEXT}\n")


def test_what_libraries_print_is_no_result(clip: Path, tiny_bundle: Path) -> None:
    done = run("run", clip, "-m", tiny_bundle, preload=PRINTS)
    assert (done.returncode, done.stdout.decode()) == (ExitCode.OK, f"{SPEECH_TEXT}\n")
    assert {"from Python", "from C", "from a child"} <= set(done.stderr.decode().splitlines())


def test_a_name_that_is_not_utf8_is_shown_escaped(clip: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    missing = os.fsencode(tmp_path) + b"/bad\xff.wav"
    done = run("run", missing, clip, "--json", "-m", tiny_bundle)
    assert done.returncode == ExitCode.SOME_INPUTS_FAILED
    failure, transcript = map(json.loads, done.stdout.decode("utf-8").splitlines())
    assert failure["audio"]["path"] == f"{tmp_path}/bad\\xff.wav"
    assert transcript["text"] == SPEECH_TEXT
    assert f"{tmp_path}/bad\\xff.wav".encode() in done.stderr


def test_a_name_of_several_lines_is_one_line(clip: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    odd = tmp_path / "two\nlines\tand a tab.wav"
    odd.write_bytes(clip.read_bytes())
    done = run("run", odd, clip, "-m", tiny_bundle)
    lines = [line.split("\t") for line in done.stdout.decode().splitlines()]
    assert lines == [
        [f"{tmp_path}/two\\nlines\\tand a tab.wav", SPEECH_TEXT],
        [str(clip), SPEECH_TEXT],
    ]


def test_files_of_a_name_that_is_not_utf8_are_written(clip: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/bad\xff.wav"
    Path(os.fsdecode(odd)).write_bytes(clip.read_bytes())
    out = tmp_path / "out"
    done = run("run", odd, "-m", tiny_bundle, "-o", out, "-f", "srt", "-f", "textgrid")
    assert done.returncode == ExitCode.OK, done.stderr
    assert sorted(map(os.fsencode, out.iterdir())) == [
        os.fsencode(out) + b"/bad\xff.TextGrid",
        os.fsencode(out) + b"/bad\xff.srt",
    ]
