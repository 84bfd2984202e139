"""The figures of a recognizer's confidence, on texts with planted log-probabilities."""

from __future__ import annotations

from dataclasses import replace

from edge_bench.corpus import Clip
from edge_bench.gate.asr.confidence import measure_confidence
from edge_bench.gate.measured import Measured
from edge_runtime.bundle.specs import ConfidenceSpec
from edge_runtime.results.transcript import Transcript
from tests.bench.support.transcripts import clip, make_transcript
from tests.support.manifests import make_manifest

SAID = "turn the kitchen light on"
TEN_WORDS = "turn the kitchen light on and close the garden door"


def transcribed(text: str, logprob: float) -> Transcript:
    return replace(make_transcript(text), avg_logprob=logprob)


def measured(right: list[float], wrong: list[float], *extra: tuple[Clip, Transcript]) -> Measured:
    misheard = SAID.replace("kitchen", "chicken")
    pairs = [
        *((clip(SAID), transcribed(SAID, one)) for one in right),
        *((clip(SAID), transcribed(misheard, one)) for one in wrong),
        *extra,
    ]
    return measure_confidence([one for one, _ in pairs], [other for _, other in pairs])


def test_half_of_the_texts_of_low_confidence_are_wrong_and_one_in_twenty_right_ones_is_doubtful() -> None:
    right = [-0.001 * number for number in range(1, 401)]
    few = measured(right, [-1.0] * 10).confidence
    # Behind 10 and behind 20 of the 400 right ones.
    assert few == ConfidenceSpec(doubtful_logprob=-0.3805, low_logprob=-0.3905)
    many = measured(right, [-1.0] * 25).confidence
    assert many == ConfidenceSpec(doubtful_logprob=-0.3755, low_logprob=-0.3755), "low ones are doubtful"


def test_one_word_of_ten_is_no_wrong_text_and_what_nobody_said_counts_for_nothing() -> None:
    one_off = (clip(TEN_WORDS), transcribed(TEN_WORDS.replace("kitchen", "chicken"), -9.0))
    silence = (clip("", ""), transcribed("Thanks.", -9.0))
    unheard = (clip(SAID), make_transcript("", None))
    few = measured([-0.01] * 99, [-0.5] * 9, silence, unheard)
    assert few.confidence is None
    assert few.doubts[0].startswith("9 wrong and 99 right texts cannot tell")
    assert measured([-0.01] * 99, [-0.5] * 10, one_off).confidence is not None


def test_a_list_that_cannot_tell_leaves_the_manifest_as_it_is() -> None:
    manifest = make_manifest()
    assert measured([], []).within(manifest) is manifest
    spec = ConfidenceSpec(doubtful_logprob=-0.02, low_logprob=-0.03)
    known = Measured(confidence=spec)
    assert known.within(manifest).confidence == spec
    assert known.summary() == "doubtful_logprob=-0.02 low_logprob=-0.03"
