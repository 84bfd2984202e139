"""`edge-asr eval-align`, on a bundle whose times are planted; and the long recording that it joins."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_bench.corpus import AlignedClip, UnitSpan
from edge_bench.scoring.alignment import ScoredAlignment, drift_ms
from edge_bench.scoring.joined_recording import LoadedClip, join_clips
from edge_runtime.audio.load import Audio
from edge_runtime.errors import ExitCode
from tests.support.command import Command
from tests.support.tiny_aligner import planted_ms
from tests.support.tiny_bundle import tone

RATE = 16_000


def _planted(words: str, late_ms: float) -> list[dict[str, object]]:
    return [
        {
            "text": word,
            "start": (planted_ms(2 * index) - late_ms) / 1000,
            "end": planted_ms(2 * index + 1) / 1000,
        }
        for index, word in enumerate(words.split())
    ]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two recordings of a steady tone; in the second the planted starts are 50 ms late."""
    # The silence is as long as the aligner keeps, so planted times count from the start of the file.
    soundfile.write(tmp_path / "tone.wav", np.pad(tone(4 * RATE), (round(0.6 * RATE), 0)), RATE)
    clips = [
        {
            "id": id_,
            "audio": "tone.wav",
            "text": text,
            "language": "English",
            "units": _planted(text, late_ms),
        }
        for id_, text, late_ms in (("right", "one two", 0.0), ("late", "three four", 50.0))
    ]
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join(map(json.dumps, clips)))
    return path


def test_the_last_line_holds_the_shifts(command: Command, corpus: Path, tiny_aligner_bundle: Path) -> None:
    outcome = command("eval-align", corpus, "-m", tiny_aligner_bundle)
    assert (outcome.code, outcome.err) == (ExitCode.OK, "")
    assert outcome.out == "scores: aas_ms=12.50 start_ms=25.00 end_ms=0.00 monotonic=100.00 clips=2\n"


def test_silence_in_front_is_to_move_every_time(
    command: Command, corpus: Path, tiny_aligner_bundle: Path
) -> None:
    outcome = command("eval-align", corpus, "-m", tiny_aligner_bundle, "--lead", "5", "--bar", "lead_ms=1")
    assert outcome.code == ExitCode.OK
    assert outcome.out.splitlines()[0].endswith("lead_ms=0.00")


def test_a_recording_that_cannot_be_used_is_left_out_of_the_scores(
    command: Command, corpus: Path, tiny_aligner_bundle: Path
) -> None:
    first, second = map(json.loads, corpus.read_text().splitlines())
    corpus.write_text("\n".join(map(json.dumps, [{**first, "audio": "absent.wav"}, first, second])))
    outcome = command("eval-align", corpus, "-m", tiny_aligner_bundle, "--bar", "aas_ms=1", "--lead", "5")
    assert outcome.code == ExitCode.SOME_INPUTS_FAILED
    assert (
        outcome.out.splitlines()[-1]
        == "scores: aas_ms=12.50 start_ms=25.00 end_ms=0.00 monotonic=100.00 clips=2"
    )
    assert "absent.wav: no such file" in outcome.err


@pytest.mark.parametrize(
    ("bar", "code"),
    [
        ("aas_ms=12.4", ExitCode.CHECK_FAILED),
        ("aas_ms=12.6", ExitCode.OK),
        ("monotonic=100", ExitCode.OK),
        ("drift_ms=1", ExitCode.USAGE),
    ],
)
def test_shifts_can_be_held_to_a_bar(
    command: Command, corpus: Path, tiny_aligner_bundle: Path, bar: str, code: ExitCode
) -> None:
    assert command("eval-align", corpus, "-m", tiny_aligner_bundle, "--bar", bar).code == code


def test_other_units_than_those_of_the_text_are_refused(
    command: Command, corpus: Path, tiny_aligner_bundle: Path
) -> None:
    corpus.write_text(corpus.read_text().replace('"text": "two"', '"text": "too"'))
    outcome = command("eval-align", corpus, "-m", tiny_aligner_bundle)
    assert outcome.code == ExitCode.USAGE
    assert "differ from unit 1 on" in outcome.err


def test_a_list_without_units_is_refused(command: Command, corpus: Path, tiny_aligner_bundle: Path) -> None:
    corpus.write_text('{"id": "a", "audio": "a.wav", "text": "one", "language": "English"}')
    outcome = command("eval-align", corpus, "-m", tiny_aligner_bundle)
    assert outcome.code == ExitCode.USAGE
    assert outcome.err.endswith("Wanted: id, audio, text, language, units.\n")


def _recording(word: str, seconds: float) -> LoadedClip:
    unit = UnitSpan(word, 0.5, 1.0)
    clip = AlignedClip(id=word, audio=f"{word}.wav", text=f"{word}.", language="English", units=(unit,))
    waveform = np.full(round(seconds * RATE), ord(word[0]), np.float32)
    return clip, Audio(waveform, RATE, RATE, 1)


def test_a_joined_recording_ends_as_it_begins() -> None:
    recordings = [_recording(word, 25.0) for word in ("alpha", "beta", "gamma", "delta", "epsilon")]
    long = join_clips(recordings, 250.0)
    words = [unit.text for unit in long.units]
    assert long.num_edge_units == 3
    assert words[:3] == words[-3:] == ["alpha", "beta", "gamma"]
    assert words[3:-3] == ["delta", "epsilon", "delta", "epsilon"]
    assert long.text == " ".join(f"{word}." for word in words)
    assert long.waveform.size == 250 * RATE


def test_units_of_a_joined_recording_are_where_their_clip_is() -> None:
    long = join_clips([_recording("alpha", 40.0), _recording("beta", 30.0), _recording("gamma", 20.0)], 200.0)
    for unit in long.units:
        middle = round((unit.start + unit.end) / 2 * RATE)
        assert long.waveform[middle] == ord(unit.text[0])


def test_drift_is_how_much_worse_the_last_units_are() -> None:
    result = ScoredAlignment(
        (10.0, 20.0, 99.0, 30.0, 40.0), (10.0, 20.0, 99.0, 10.0, 20.0), is_monotonic=True
    )
    assert drift_ms(result, 2) == 10.0
