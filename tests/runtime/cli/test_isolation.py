"""Whatever one recording raises, the others are done, with and without batches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge_runtime.audio.load import Audio
from edge_runtime.errors import BackendUnavailableError, DeviceLostError, ExitCode, GraphError
from edge_runtime.recognition.long import reading
from edge_runtime.recognition.preparer import Preparer
from tests.support.command import Command
from tests.support.tiny_bundle import SPEECH_TEXT

RAISED = [
    RuntimeError("two\nlines"),
    ValueError("frames must be specified"),
    MemoryError(),
    OSError(5, "Input/output error"),
    OSError(28, "No space left on device"),
    FileNotFoundError(2, "No usable temporary directory found"),
    RecursionError("too deep"),
    UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed"),
    GraphError("the graph failed"),
]


@pytest.fixture
def clips(clip: Path) -> list[Path]:
    """Five recordings; the one in the middle is to raise."""
    names = ("one", "two", "bad", "four", "five")
    paths = [clip.with_name(f"{name}.wav") for name in names]
    for path in paths:
        path.write_bytes(clip.read_bytes())
    return paths


def raise_at_loading(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    actual = reading.open_source

    def open_source(audio: Any, *arguments: Any) -> Any:
        if "bad" in str(audio):
            raise error
        return actual(audio, *arguments)

    monkeypatch.setattr(reading, "open_source", open_source)


def raise_at_encoding(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    actual = Preparer.prepare

    def prepare(self: Preparer, audio: Audio, *arguments: Any) -> Any:
        if "bad" in str(audio.source):
            raise error
        return actual(self, audio, *arguments)

    monkeypatch.setattr(Preparer, "prepare", prepare)


PLACES = {"loading": raise_at_loading, "encoding": raise_at_encoding}


@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("error", RAISED, ids=repr)
def test_the_others_are_done_whatever_one_raises(
    command: Command,
    clips: list[Path],
    tiny_bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    place: str,
    batch_size: int,
) -> None:
    PLACES[place](monkeypatch, error)
    outcome = command("run", *clips, "-m", tiny_bundle, "--batch-size", batch_size, "--json")
    assert outcome.code == ExitCode.SOME_INPUTS_FAILED
    documents = [json.loads(line) for line in outcome.out.splitlines()]
    assert [document.get("text") for document in documents] == [
        SPEECH_TEXT,
        SPEECH_TEXT,
        None,
        SPEECH_TEXT,
        SPEECH_TEXT,
    ]
    assert documents[2]["schema"] == "edge-asr/error@1"
    assert documents[2]["error"]["type"] == type(error).__name__
    assert documents[2]["audio"]["path"] == str(clips[2])
    (line,) = outcome.err.splitlines()
    assert line.startswith(f"edge-asr: error: {clips[2]}: ")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), ExitCode.RESOURCES),
        (OSError(28, "No space left on device"), ExitCode.RESOURCES),
        (OSError(5, "Input/output error"), ExitCode.ALL_INPUTS_FAILED),
        (RuntimeError("unexpected"), ExitCode.INTERNAL),
    ],
)
def test_where_nothing_is_done_the_code_says_why(
    command: Command,
    clips: list[Path],
    tiny_bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    code: ExitCode,
) -> None:
    raise_at_encoding(monkeypatch, error)
    assert command("run", clips[2], clips[2], "-m", tiny_bundle).code == code
    assert command("run", clips[2], "absent.wav", "-m", tiny_bundle).code == ExitCode.ALL_INPUTS_FAILED


def test_what_every_recording_would_meet_ends_the_command(
    command: Command, clips: list[Path], tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_at_encoding(monkeypatch, BackendUnavailableError("The GPU is lost."))
    outcome = command("run", *clips, "-m", tiny_bundle)
    assert outcome.code == ExitCode.BACKEND
    assert outcome.out.count(SPEECH_TEXT) == 2, "what was done before is delivered"
    assert outcome.err == "edge-asr: error: The GPU is lost.\n"


def test_where_several_are_too_many_the_rest_is_done_one_by_one(
    command: Command, clips: list[Path], tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []

    def decode_batch(*_: object) -> None:
        batches.append(1)
        raise MemoryError

    monkeypatch.setattr("edge_runtime.recognition.transcriber.decode_batch", decode_batch)
    many = [*clips, *clips, *clips]
    outcome = command("run", *many, "-m", tiny_bundle, "--batch-size", 2)
    assert outcome.code == ExitCode.OK
    assert outcome.out.count(SPEECH_TEXT) == len(many)
    assert outcome.err.startswith("edge-asr: warning: going on one by one, several failed: out of memory")
    assert len(batches) == 1, "tried once, not for every pool"


def test_a_device_that_is_lost_while_words_are_timed_ends_the_command(
    command: Command,
    clips: list[Path],
    tiny_bundle: Path,
    tiny_aligner_bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lose(*_: object, **__: object) -> None:
        raise DeviceLostError("The GPU is lost.")

    monkeypatch.setattr("edge_runtime.cli.many.engine.add_word_timestamps", lose)
    both = ("-m", tiny_bundle, "--aligner", tiny_aligner_bundle)
    outcome = command("run", *clips, *both)
    assert (outcome.code, outcome.error) == (ExitCode.BACKEND, "The GPU is lost.")


def test_an_interrupt_ends_the_command(
    command: Command, clips: list[Path], tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_at_encoding(monkeypatch, KeyboardInterrupt())  # type: ignore[arg-type]  # no Exception, and that is the point
    outcome = command("run", *clips, "-m", tiny_bundle)
    assert outcome.code == ExitCode.INTERRUPTED
    assert outcome.out.count(SPEECH_TEXT) == 2


def test_standard_input_that_raises_is_one_recording(
    command: Command, clips: list[Path], tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Audio:
        raise MemoryError

    monkeypatch.setattr("edge_runtime.cli.inputs.opening.spool_stream", fail)
    outcome = command("run", clips[0], "-", clips[1], "-m", tiny_bundle, "--batch-size", 3)
    assert outcome.code == ExitCode.SOME_INPUTS_FAILED
    assert outcome.out.count(SPEECH_TEXT) == 2
    assert outcome.err.startswith("edge-asr: error: -: out of memory")


def test_a_file_that_cannot_be_written_is_one_recording(
    command: Command, clips: list[Path], tiny_bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "out" / "bad.txt").mkdir(parents=True)
    outcome = command("run", *clips, "-m", tiny_bundle, "-o", tmp_path / "out")
    assert outcome.code == ExitCode.SOME_INPUTS_FAILED
    assert len([path for path in (tmp_path / "out").iterdir() if path.is_file()]) == 4
    assert "bad.txt is no regular file" in outcome.err


def test_a_read_error_names_the_file(
    command: Command, clips: list[Path], tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("edge_runtime.audio.medium.Medium.sha256", fail)
    outcome = command("run", clips[0], "-m", tiny_bundle)
    assert outcome.code == ExitCode.ALL_INPUTS_FAILED
    assert outcome.error == f"{clips[0]}: [Errno 5] Input/output error"


@pytest.mark.parametrize("arguments", [("run", "clip.wav"), ("verify",)])
def test_a_disk_that_cannot_be_read_is_told_with_the_bundle(
    command: Command, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("edge_runtime.verification.load.open_bundle", fail)
    outcome = command(*arguments, "-m", tiny_bundle)
    assert outcome.code == ExitCode.BUNDLE
    assert outcome.error == f"{tiny_bundle}: cannot be read: Input/output error. Check the disk."


def test_align_reports_what_is_raised_in_a_document(
    command: Command, clip: Path, tiny_aligner_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("unexpected")

    monkeypatch.setattr("edge_runtime.alignment.aligner.load_source", fail)
    arguments = ("align", clip, "--text", "one", "-l", "en", "-m", tiny_aligner_bundle)
    outcome = command(*arguments, "--json")
    assert outcome.code == ExitCode.INTERNAL
    assert json.loads(outcome.out)["error"]["type"] == "ValueError"
    assert outcome.err.startswith(f"edge-asr: error: {clip}: internal error: ValueError")
    assert command(*arguments).error
