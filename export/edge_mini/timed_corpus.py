"""Clips for the aligner: the transcript with the times of its words, or of its characters in Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from edge_mini import augment
from edge_mini.corpus import LANGUAGES, MAX_DURATION_S, Utterance, mix_noise, plan_speech, set_level
from edge_mini.noises import Rng
from edge_mini.sentences import Split, join_sentences
from edge_mini.synthesis import SAMPLE_RATE, Prosody, Waveform
from edge_mini.timed_speech import Span, TimedSpeech, UntimedWordError, speak_timed

# Long clips teach more than short ones here: where a word is said twice, its neighbours decide.
_FORM_WEIGHTS = (8, 57, 35)
_ROOM_SHARE, _LONG_PAUSE_SHARE = 0.3, 0.25


@dataclass(frozen=True, slots=True)
class TimedClip:
    """A rendered utterance: 16 kHz mono samples, transcript, and the spans of its units in order."""

    samples: Waveform
    text: str
    spans: tuple[Span, ...]


def plan_timed(split: Split, seed: int, per_language: int) -> Iterator[Utterance]:
    """List a split's utterances, without those of flite, which does not tell times."""
    for language in LANGUAGES:
        for index in range(per_language):
            utterance = plan_speech(split, seed, language, index, _FORM_WEIGHTS)
            if utterance.voice is not None and utterance.voice.engine == "espeak-ng":
                yield utterance


def render_timed(utterance: Utterance) -> TimedClip | None:
    """Make the sound of one utterance; sentences beyond 29.5 s are left out. None if a word has no time."""
    assert utterance.language is not None
    rng = np.random.default_rng(utterance.seed)
    try:
        speech, count = _speak_all(rng, utterance)
    except UntimedWordError:
        return None
    samples = augment.add_room(rng, speech.samples) if rng.random() < _ROOM_SHARE else speech.samples
    samples = set_level(rng, mix_noise(rng, samples, utterance))
    text = join_sentences(utterance.sentences[:count], utterance.language)
    return TimedClip(samples, text, speech.spans)


def _speak_all(rng: Rng, utterance: Utterance) -> tuple[TimedSpeech, int]:
    """Say sentences one after the other with pauses; return also how many there was room for."""
    prosody = Prosody(tempo=float(rng.uniform(0.75, 1.3)), pitch=int(rng.integers(25, 80)))
    speed = float(rng.uniform(0.92, 1.08))
    parts = [_silence(_pause_s(rng, min_duration_s=0.0))]
    spans: list[Span] = []
    count = 0
    for sentence in utterance.sentences:
        part = _sentence(sentence, utterance, prosody, speed)
        at_s = sum(piece.size for piece in parts) / SAMPLE_RATE
        if count and at_s + part.samples.size / SAMPLE_RATE > MAX_DURATION_S - 1:
            break
        spans += [Span(span.start + at_s, span.end + at_s) for span in part.spans]
        parts += [part.samples, _silence(_pause_s(rng, min_duration_s=0.15))]
        count += 1
    longest = int(MAX_DURATION_S * SAMPLE_RATE)
    return TimedSpeech(np.concatenate(parts)[:longest], tuple(spans)), count


def _sentence(text: str, utterance: Utterance, prosody: Prosody, speed: float) -> TimedSpeech:
    language, voice = utterance.language, utterance.voice
    assert language is not None
    assert voice is not None
    spoken = speak_timed(text, language, voice, prosody)
    samples = augment.change_speed(spoken.samples, speed)
    return TimedSpeech(samples, tuple(Span(span.start / speed, span.end / speed) for span in spoken.spans))


def _pause_s(rng: Rng, *, min_duration_s: float) -> float:
    """Draw a pause of up to 0.9 s, now and then of up to 6 s."""
    if rng.random() < _LONG_PAUSE_SHARE:
        return float(rng.uniform(0.9, 6))
    return float(rng.uniform(min_duration_s, 0.9))


def _silence(duration_s: float) -> Waveform:
    return np.zeros(int(SAMPLE_RATE * duration_s), dtype=np.float32)
