"""`edge-asr gate`, and the gate of a build, on bundles whose answers are planted."""

from __future__ import annotations

import json
import weakref
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_bench.gate import corpus as gate_list
from edge_bench.gate.asr import kind as asr_kind
from edge_bench.gate.build_gate import open_gate
from edge_runtime.bundle.bundle import read_manifest
from edge_runtime.errors import AudioNotFoundError, BackendUnavailableError, ExitCode, UsageError
from edge_runtime.recognition.recognizer import Recognizer
from tests.support.command import Command
from tests.support.tiny_bundle import LOOP_ANSWER, SPEECH_TEXT, TAG, tone, write_tiny_bundle

SILENT = ("language", "ĠEnglish", TAG, "<|im_end|>")
CUT = ("language", "ĠEnglish", TAG, "Hello", "<|im_end|>")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Ten clips of three words, and one of silence."""
    soundfile.write(tmp_path / "tone.wav", tone(16_000), 16_000)
    soundfile.write(tmp_path / "silence.wav", np.zeros(16_000), 16_000)
    clips = [
        {"id": f"en-{number}", "audio": "tone.wav", "text": SPEECH_TEXT, "language": "English"}
        for number in range(10)
    ]
    clips.append({"id": "nobody", "audio": "silence.wav", "text": "", "language": ""})
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join(map(json.dumps, clips)))
    return path


@pytest.fixture(scope="module")
def int4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that calls itself int4 and answers as the float one."""
    return write_tiny_bundle(tmp_path_factory.mktemp("int4") / "bundle", precision="int4")


def test_an_equal_bundle_passes_with_a_table_and_a_line(
    command: Command, corpus: Path, tiny_bundle: Path, int4: Path
) -> None:
    outcome = command("gate", corpus, "--model", int4, "--reference", tiny_bundle)
    lines = outcome.out.splitlines()
    assert outcome.code == ExitCode.OK
    assert lines[1].split() == ["wer_en", "10", "30", "0.00", "%", "0.00", "%", "+0.00", "[+0.00,+0.00]"]
    assert lines[-1] == (
        "gate: wer_en_delta=+0.00 [+0.00,+0.00] empty=0 loop=0 language=0 invented=0 early=0 changed=0 "
        "clips=11 passed"
    )
    assert outcome.err.startswith("warning: wer_en: no clip differs in its errors, but 30 words")


@pytest.mark.parametrize(
    ("answer", "behaviour"), [(SILENT, "empty"), (LOOP_ANSWER, "loop"), (CUT, "changed")]
)
def test_a_bundle_that_breaks_is_outside(
    command: Command, corpus: Path, tiny_bundle: Path, tmp_path: Path, answer: tuple[str, ...], behaviour: str
) -> None:
    broken = write_tiny_bundle(tmp_path / "broken", answer, precision="int4")
    outcome = command("gate", corpus, "-m", broken, "--reference", tiny_bundle, "-q")
    assert outcome.code == ExitCode.CHECK_FAILED
    assert f" {behaviour}=10 " in outcome.out
    assert outcome.out.endswith(" clips=11 missed\n")
    assert outcome.err.startswith(f"edge-asr: error: {broken} is outside its gate: wer_en is +")


def test_limits_can_be_widened(command: Command, corpus: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    broken = write_tiny_bundle(tmp_path / "broken", SILENT, precision="int4")
    limits = ("--limit", "points=100", "--limit", "empty=10")
    outcome = command("gate", corpus, "-m", broken, "--reference", tiny_bundle, *limits)
    assert outcome.code == ExitCode.OK
    assert "en-3  empty" in outcome.out.splitlines()


def test_json_is_each_changed_clip_and_a_record_without_texts(
    command: Command, corpus: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    broken = write_tiny_bundle(tmp_path / "broken", CUT, precision="int4")
    outcome = command("gate", corpus, "-m", broken, "--reference", tiny_bundle, "--json", "-q")
    *clips, record = map(json.loads, outcome.out.splitlines())
    assert outcome.code == ExitCode.CHECK_FAILED
    assert [clip["candidate"]["text"] for clip in clips] == ["Hello"] * 10
    assert (record["schema"], record["passed"]) == ("edge-asr/gate@1", False)
    assert (record["candidate"]["precision"], record["reference"]["precision"]) == ("int4", "fp32")
    assert (record["corpus"]["num_clips"], record["counts"]["changed"]) == (11, 10)
    assert "Hello" not in json.dumps(record)


def test_one_bundle_is_in_memory_at_a_time(
    command: Command, corpus: Path, tiny_bundle: Path, int4: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[weakref.ref[Recognizer]] = []

    class Watched:
        @staticmethod
        def load(directory: Path, **options: object) -> Recognizer:
            assert all(earlier() is None for earlier in loaded)
            recognizer = Recognizer.load(directory, **options)
            loaded.append(weakref.ref(recognizer))
            return recognizer

    monkeypatch.setattr(asr_kind, "Recognizer", Watched)
    assert command("gate", corpus, "-m", int4, "--reference", tiny_bundle).code == ExitCode.OK
    assert len(loaded) == 2


def test_a_build_gets_the_figures_and_what_they_cannot_show(
    corpus: Path, tiny_bundle: Path, int4: Path
) -> None:
    reported: list[str] = []
    outcome = open_gate(corpus, "int4", ()).judge(int4, tiny_bundle, reported.append)
    assert (outcome.passed, outcome.failures, len(outcome.inconclusive)) == (True, (), 2)
    assert outcome.inconclusive[-1].startswith("0 wrong and 10 right texts cannot tell")
    manifest = read_manifest(int4).manifest
    assert outcome.within(manifest) == manifest
    assert outcome.summary.endswith("clips=11 passed")
    assert json.loads(outcome.document)["limits"]["points"] == 0.5
    assert (reported[0], reported[-1]) == ("gate: reference 1/11", "gate: candidate 11/11")


def test_a_gate_is_settled_by_its_own_record_alone(
    corpus: Path, tiny_bundle: Path, int4: Path, tmp_path: Path
) -> None:
    gate = open_gate(corpus, "int4", ())
    document = gate.judge(int4, tiny_bundle, lambda _: None).document
    assert gate.is_settled(document, tiny_bundle)
    assert not gate.is_settled(document, write_tiny_bundle(tmp_path / "other", CUT))
    assert not gate.is_settled(document.replace(b'"passed": true', b'"passed": false'), tiny_bundle)
    assert not gate.is_settled(b"{}", tiny_bundle)
    assert not open_gate(corpus, "int4", ("points=0.4",)).is_settled(document, tiny_bundle)
    soundfile.write(corpus.parent / "tone.wav", tone(16_000, 880.0), 16_000)
    assert not open_gate(corpus, "int4", ()).is_settled(document, tiny_bundle)


@pytest.mark.parametrize(
    ("old", "new", "error", "complaint"),
    [
        ("tone.wav", "gone.wav", AudioNotFoundError, "gone.wav: no such file"),
        ('"English"', '""', UsageError, "nobody speaks in its 11 clips"),
        ('"en-1"', '"en-2"', UsageError, "several clips have one id"),
    ],
)
def test_a_list_that_cannot_serve_is_refused_before_anything_runs(
    corpus: Path, old: str, new: str, error: type[Exception], complaint: str
) -> None:
    corpus.write_text(corpus.read_text().replace(old, new))
    with pytest.raises(error, match=complaint):
        open_gate(corpus, "int4", ())


def test_without_the_scorer_a_gate_says_what_to_install(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_list, "find_spec", lambda _: None)
    with pytest.raises(BackendUnavailableError, match=r"edge-asr\[bench\]"):
        open_gate(corpus, "int4", ())
