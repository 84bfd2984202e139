"""`edge-asr eval`, on a bundle whose answers are planted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_runtime.errors import ExitCode
from tests.support.command import Command
from tests.support.tiny_bundle import SPEECH_TEXT, tone


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A right text, a text with one error, and silence."""
    soundfile.write(tmp_path / "tone.wav", tone(16_000), 16_000)
    soundfile.write(tmp_path / "silence.wav", np.zeros(16_000), 16_000)
    clips = [
        {"id": "right", "audio": "tone.wav", "text": SPEECH_TEXT, "language": "English", "demo": True},
        {"id": "wrong", "audio": "tone.wav", "text": "Hello big world.", "language": "English"},
        {"id": "nobody", "audio": "silence.wav", "text": "", "language": ""},
    ]
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join(map(json.dumps, clips)))
    return path


def test_every_text_is_shown_beside_its_reference_and_all_are_scored(
    command: Command, corpus: Path, tiny_bundle: Path
) -> None:
    outcome = command("eval", corpus, "-m", tiny_bundle)
    lines = outcome.out.splitlines()
    assert (outcome.code, outcome.err) == (ExitCode.OK, "")
    assert lines[0] == "right  1.0 s  same"
    assert lines[3] == "wrong  1.0 s  DIFFERS"
    assert lines[4].split(maxsplit=2) == ["reference", "English", "Hello big world."]
    assert lines[5].split(maxsplit=2) == ["transcript", "English", SPEECH_TEXT]
    assert lines[-1] == "scores: wer_en=16.67 lid=100.00 no_speech=100.00 clips=3"


def test_clips_decoded_together_score_as_one_after_the_other(
    command: Command, corpus: Path, tiny_bundle: Path
) -> None:
    single, batched = (
        command("eval", corpus, "-m", tiny_bundle, "--batch-size", batch_size) for batch_size in (1, 2)
    )
    assert batched == single


def test_a_clip_of_a_batch_that_cannot_be_used_is_left_out_of_the_scores(
    command: Command, corpus: Path, tiny_bundle: Path
) -> None:
    lines = corpus.read_text().splitlines()
    corpus.write_text("\n".join([lines[2], *lines[:2]]))
    (corpus.parent / "silence.wav").unlink()
    single, batched = (
        command("eval", corpus, "-m", tiny_bundle, "--batch-size", batch_size, "--bar", "wer_en=1")
        for batch_size in (1, 3)
    )
    assert batched == single
    assert single.code == ExitCode.SOME_INPUTS_FAILED
    assert single.out.splitlines()[-1] == "scores: wer_en=16.67 lid=100.00 clips=2"
    assert "silence.wav: no such file" in single.err
    assert "1 of 3 recordings have no result" in single.err


def test_a_list_whose_recordings_are_all_gone_has_no_scores(
    command: Command, corpus: Path, tiny_bundle: Path
) -> None:
    for name in ("tone.wav", "silence.wav"):
        (corpus.parent / name).unlink()
    outcome = command("eval", corpus, "-m", tiny_bundle, "--json")
    assert outcome.code == ExitCode.ALL_INPUTS_FAILED
    documents = [json.loads(line) for line in outcome.out.splitlines()]
    assert [document["error"]["type"] for document in documents] == ["AudioNotFoundError"] * 3


def test_a_list_may_start_with_a_byte_order_mark(command: Command, corpus: Path, tiny_bundle: Path) -> None:
    text = corpus.read_text().replace("\n", "\r\n")
    corpus.write_bytes(b"\xef\xbb\xbf" + text.encode())
    outcome = command("eval", corpus, "-m", tiny_bundle)
    assert (outcome.code, outcome.out.splitlines()[-1][-7:]) == (ExitCode.OK, "clips=3")


def test_json_is_a_document_a_clip_and_one_of_scores(
    command: Command, corpus: Path, tiny_bundle: Path
) -> None:
    outcome = command("eval", corpus, "-m", tiny_bundle, "--json")
    *clips, scores = map(json.loads, outcome.out.splitlines())
    assert [(clip["clip"]["id"], clip["exact"]) for clip in clips] == [
        ("right", True),
        ("wrong", False),
        ("nobody", True),
    ]
    assert scores["num_clips"] == 3
    assert scores["languages"][0]["counts"]["substitutions"] == 1


def test_only_clips_for_demonstration_can_be_requested(
    command: Command, corpus: Path, tiny_bundle: Path
) -> None:
    outcome = command("eval", corpus, "-m", tiny_bundle, "--demo", "--exact", "--quiet")
    assert (outcome.code, outcome.out) == (ExitCode.OK, "scores: wer_en=0.00 lid=100.00 clips=1\n")


def test_a_text_that_is_not_exact_fails_a_check_that_demands_it(
    command: Command, corpus: Path, tiny_bundle: Path
) -> None:
    outcome = command("eval", corpus, "-m", tiny_bundle, "--exact")
    assert outcome.code == ExitCode.CHECK_FAILED
    assert outcome.err == "edge-asr: error: 1 of 3 texts differ from their reference: wrong.\n"


@pytest.mark.parametrize(
    ("bar", "code"),
    [
        ("wer_en=16.6", ExitCode.CHECK_FAILED),
        ("wer_en=16.7", ExitCode.OK),
        ("lid=100", ExitCode.OK),
        ("lid=100.1", ExitCode.CHECK_FAILED),
    ],
)
def test_scores_can_be_held_to_a_bar(
    command: Command, corpus: Path, tiny_bundle: Path, bar: str, code: ExitCode
) -> None:
    outcome = command("eval", corpus, "-m", tiny_bundle, "--bar", bar)
    assert outcome.code == code
    assert outcome.out.endswith("clips=3\n"), "scores are shown all the same"


@pytest.mark.parametrize(("bar", "complaint"), [("wer_en", "is no bar"), ("cer_zh=5", "No figure 'cer_zh'")])
def test_a_bar_that_cannot_be_meant_is_refused(
    command: Command, corpus: Path, tiny_bundle: Path, bar: str, complaint: str
) -> None:
    outcome = command("eval", corpus, "-m", tiny_bundle, "--quiet", "--bar", bar)
    assert outcome.code == ExitCode.USAGE
    assert complaint in outcome.err


def test_a_corpus_without_clips_for_demonstration_is_refused(
    command: Command, corpus: Path, tiny_bundle: Path
) -> None:
    corpus.write_text(corpus.read_text().replace('"demo": true', '"demo": false'))
    outcome = command("eval", corpus, "-m", tiny_bundle, "--demo")
    assert outcome.code == ExitCode.USAGE
    assert "demo" in outcome.error
