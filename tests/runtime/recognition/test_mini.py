"""The runtime on a trained model: what must not change the answer does not."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge_runtime.arrays import Waveform
from edge_runtime.bundle.bundle import Bundle, open_bundle
from edge_runtime.recognition.recognizer import Recognizer
from edge_runtime.results.transcript import Transcript
from edge_runtime.verification.selftest import SelfTest, require_passed
from tests.support.command import Command
from tests.support.tiny_bundle import tone

RATE = 16_000


@pytest.fixture(scope="module")
def bundle(mini_bundle: Path) -> Bundle:
    return open_bundle(mini_bundle)


def melody(num_samples: int) -> Waveform:
    """Return something that no two seconds of are alike."""
    sweep = np.sin(np.cumsum(np.linspace(0.02, 0.6, num_samples)))
    return (0.4 * sweep * np.abs(tone(num_samples, 3.0))).astype(np.float32)


def transcript(bundle: Bundle, waveform: Waveform) -> Transcript:
    return Recognizer(bundle).transcribe(waveform, sample_rate=RATE)


def with_limits(bundle: Bundle, **limits: int) -> Bundle:
    changed = msgspec.structs.replace(bundle.manifest.limits, **limits)
    manifest = msgspec.structs.replace(bundle.manifest, limits=changed)
    return dataclasses.replace(bundle, manifest=manifest)


def test_the_mini_bundle_answers_as_the_reference_does(bundle: Bundle) -> None:
    results = list(SelfTest(bundle).run())
    assert len(results) >= 4
    require_passed(results, bundle)


def test_verify_passes_from_the_command_line(command: Command, mini_bundle: Path) -> None:
    assert command("verify", "-m", mini_bundle).code == 0


def test_real_speech_becomes_one_line(command: Command, mini_bundle: Path, speech: Path) -> None:
    outcome = command("run", speech, "-m", mini_bundle)
    assert outcome.code == 0
    assert len(outcome.out.splitlines()) == 1


@pytest.mark.parametrize("prefill_chunk", [1, 7, 100_000])
def test_the_size_of_prefill_pieces_does_not_change_the_answer(bundle: Bundle, prefill_chunk: int) -> None:
    expected = transcript(bundle, melody(3 * RATE))
    actual = transcript(with_limits(bundle, prefill_chunk=prefill_chunk), melody(3 * RATE))
    assert (actual.text, actual.num_tokens) == (expected.text, expected.num_tokens)
    assert actual.avg_logprob == pytest.approx(expected.avg_logprob, abs=1e-4)


def test_the_size_of_encoder_batches_does_not_change_the_answer(bundle: Bundle) -> None:
    waveform = melody(34 * RATE)
    one, all_at_once = (transcript(with_limits(bundle, encoder_batch=size), waveform) for size in (1, 100))
    assert (one.text, one.num_tokens) == (all_at_once.text, all_at_once.num_tokens)
    assert one.avg_logprob == pytest.approx(all_at_once.avg_logprob, abs=1e-4)


def test_a_clip_is_not_changed_by_longer_ones_before_it(bundle: Bundle) -> None:
    recognizer = Recognizer(bundle)
    first, _, again = (
        recognizer.transcribe(melody(num_samples), sample_rate=RATE)
        for num_samples in (RATE, 20 * RATE, RATE)
    )
    assert (first.text, first.num_tokens) == (again.text, again.num_tokens)
    # Its language may be verified in one call now, as that of the recording before it.
    assert first.avg_logprob == pytest.approx(again.avg_logprob, abs=1e-4)
