"""`edge-asr gate` on aligners, and the gate of an aligner's build, on bundles whose classes are planted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_bench.gate.build_gate import open_aligner_gate
from edge_runtime.errors import AudioNotFoundError, ExitCode, UsageError
from tests.support.command import Command
from tests.support.tiny_aligner import planted_ms, write_tiny_aligner
from tests.support.tiny_bundle import tone

RATE = 16_000
TEXT = "one two three four five"
LATE = 9
"""The last of the ten slots of a clip."""


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Ten clips of five words, whose true times are those planted, and one in which nobody speaks."""
    # The silence is as long as the aligner keeps, so planted times count from the start of the file.
    soundfile.write(tmp_path / "tone.wav", np.pad(tone(4 * RATE), (round(0.6 * RATE), 0)), RATE)
    units = [
        {"text": word, "start": planted_ms(2 * at) / 1000, "end": planted_ms(2 * at + 1) / 1000}
        for at, word in enumerate(TEXT.split())
    ]
    # The first is planted in the silence: it begins with the speech, and the second follows at once.
    units[0] |= {"start": 0.5, "end": units[1]["start"]}
    clips = [
        {"id": f"en-{number}", "audio": "tone.wav", "text": TEXT, "language": "English", "units": units}
        for number in range(10)
    ]
    clips.append({"id": "nobody", "audio": "none.wav", "text": "", "language": "", "units": []})
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join(map(json.dumps, clips)))
    return path


@pytest.fixture(scope="module")
def same(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An aligner that calls itself int8 and answers as the float one."""
    return write_tiny_aligner(tmp_path_factory.mktemp("same") / "bundle", precision="int8")


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One whose every tenth slot is three classes late."""
    folder = tmp_path_factory.mktemp("late") / "bundle"
    return write_tiny_aligner(folder, precision="int8", late_from=LATE, late_by=3)


def test_equal_classes_pass_with_a_table_and_a_line(
    command: Command, corpus: Path, tiny_aligner_bundle: Path, same: Path
) -> None:
    outcome = command("gate", corpus, "--model", same, "--reference", tiny_aligner_bundle)
    lines = outcome.out.splitlines()
    assert outcome.code == ExitCode.OK
    assert lines[1].split() == [
        "en",
        "10",
        "100",
        "100.00",
        "[100.00,100.00]",
        "100.00",
        "0.00",
        "0.00",
        "+0.00",
    ]
    assert lines[-1] == (
        "gate: equal=100.00 [100.00,100.00] within_one=100.00 distance_ms=0.00 aas_ms=0.00 "
        "aas_delta_ms=+0.00 slots=100 clips=10 passed"
    )
    assert "100 slots cannot show that 99 % are equal; at least 300 can" in outcome.err


def test_other_classes_are_outside_with_their_share_and_distance(
    command: Command, corpus: Path, tiny_aligner_bundle: Path, late: Path
) -> None:
    outcome = command("gate", corpus, "-m", late, "--reference", tiny_aligner_bundle)
    assert outcome.code == ExitCode.CHECK_FAILED
    # One of ten slots is off by three classes of 80 ms, and so is the time of the word.
    assert "equal=90.00 [90.00,90.00] within_one=90.00 distance_ms=24.00 " in outcome.out
    assert " aas_ms=24.00 aas_delta_ms=+24.00 slots=100 clips=10 missed\n" in outcome.out
    assert "  en-3  1 of 10 classes, by up to 240 ms" in outcome.out.splitlines()
    assert outcome.err == (
        f"edge-asr: error: {late} is outside its gate: 90.00 % [90.00,90.00] of 100 classes are the "
        f"reference's, wanted 99 %: outside, certainly.\n"
    )


def test_limits_can_be_set(command: Command, corpus: Path, tiny_aligner_bundle: Path, late: Path) -> None:
    arguments = ("gate", corpus, "-m", late, "--reference", tiny_aligner_bundle, "-q", "--limit", "equal=90")
    assert command(*arguments).code == ExitCode.OK
    outcome = command(*arguments, "--limit", "aas_ms=20", "--limit", "within_one=95")
    assert outcome.code == ExitCode.CHECK_FAILED
    assert (
        "90.00 % of the classes are the reference's or beside it, wanted 95 %; aas_ms is +24.00"
        in outcome.err
    )


def test_json_is_each_changed_clip_and_a_record_without_texts(
    command: Command, corpus: Path, tiny_aligner_bundle: Path, late: Path
) -> None:
    outcome = command("gate", corpus, "-m", late, "--reference", tiny_aligner_bundle, "--json", "-q")
    *clips, record = map(json.loads, outcome.out.splitlines())
    expected = {"slot": LATE, "reference": 3 * LATE + 1, "candidate": 3 * LATE + 4}
    assert [clip["changed"] for clip in clips] == [[expected]] * 10
    assert (record["schema"], record["passed"]) == ("edge-asr/slot-gate@1", False)
    assert (record["candidate"]["precision"], record["reference"]["precision"]) == ("int8", "fp32")
    assert (record["corpus"]["num_clips"], record["figures"]["num_slots"]) == (10, 100)
    assert record["figures"]["equal"] == 90
    assert record["changed"] == {f"en-{number}": 1 for number in range(10)}
    assert "three" not in json.dumps(record)


def test_a_list_without_true_times_compares_classes_alone(
    command: Command, corpus: Path, tiny_aligner_bundle: Path, same: Path
) -> None:
    clips = [json.loads(line) for line in corpus.read_text().splitlines()]
    corpus.write_text("\n".join(json.dumps({**clip, "units": []}) for clip in clips))
    arguments = ("gate", corpus, "-m", same, "--reference", tiny_aligner_bundle, "-q")
    assert "distance_ms=0.00 slots=100" in command(*arguments).out
    outcome = command(*arguments, "--limit", "aas_ms=1")
    assert outcome.code == ExitCode.USAGE
    assert "true times" in outcome.error


@pytest.mark.parametrize("swapped", [False, True])
def test_bundles_of_two_kinds_are_not_compared(
    command: Command, corpus: Path, tiny_bundle: Path, tiny_aligner_bundle: Path, *, swapped: bool
) -> None:
    pair = (tiny_bundle, tiny_aligner_bundle)[:: -1 if swapped else 1]
    outcome = command("gate", corpus, "-m", pair[0], "--reference", pair[1])
    assert outcome.code == ExitCode.BUNDLE
    assert f"{tiny_aligner_bundle} is a forced aligner" in outcome.error
    assert "two bundles of one kind" in outcome.error


def test_classes_that_mean_other_times_are_not_compared(
    command: Command, corpus: Path, tiny_aligner_bundle: Path, tmp_path: Path
) -> None:
    finer = write_tiny_aligner(tmp_path / "finer", precision="int8", bin_ms=40.0)
    outcome = command("gate", corpus, "-m", finer, "--reference", tiny_aligner_bundle)
    assert outcome.code == ExitCode.BUNDLE
    assert "500 classes of 40 ms" in outcome.error


def test_a_build_gets_the_figures_and_its_record_settles_it(
    corpus: Path, tiny_aligner_bundle: Path, same: Path, tmp_path: Path
) -> None:
    reported: list[str] = []
    gate = open_aligner_gate(corpus, "int8", ())
    outcome = gate.judge(same, tiny_aligner_bundle, reported.append)
    assert (outcome.passed, outcome.failures, len(outcome.inconclusive)) == (True, (), 1)
    assert (reported[0], reported[-1]) == ("gate: reference 1/10", "gate: candidate 10/10")
    assert json.loads(outcome.document)["limits"]["equal"] == 99
    assert gate.is_settled(outcome.document, tiny_aligner_bundle)
    assert not gate.is_settled(outcome.document, write_tiny_aligner(tmp_path / "other", late_from=0))
    assert not gate.is_settled(outcome.document.replace(b'"passed": true', b'"passed": false'), same)
    assert not gate.is_settled(b"{}", tiny_aligner_bundle)
    assert not open_aligner_gate(corpus, "int8", ("equal=98",)).is_settled(
        outcome.document, tiny_aligner_bundle
    )
    soundfile.write(corpus.parent / "tone.wav", tone(RATE, 880.0), RATE)
    assert not open_aligner_gate(corpus, "int8", ()).is_settled(outcome.document, tiny_aligner_bundle)


def test_a_build_outside_is_told_why(corpus: Path, tiny_aligner_bundle: Path, late: Path) -> None:
    outcome = open_aligner_gate(corpus, "int8", ()).judge(late, tiny_aligner_bundle, lambda _: None)
    assert (outcome.passed, outcome.inconclusive) == (False, ())
    assert outcome.failures[0].startswith("90.00 % [90.00,90.00] of 100 classes")


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
        open_aligner_gate(corpus, "int8", ())
