"""The corpus as a list of utterances fixed by a seed, and their rendering to sound."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from edge_mini import augment
from edge_mini.no_speech import NO_SPEECH
from edge_mini.noises import BACKGROUNDS, Rng, unit_rms
from edge_mini.sentences import Language, Split, join_sentences, sample_sentence
from edge_mini.synthesis import SAMPLE_RATE, Prosody, Waveform, speak
from edge_mini.voices import Voice, pick_voice

MAX_DURATION_S = 29.5

# Shares of the clips with a background, a second noise, an inner pause, hardly any silence around, an echo.
_NOISY_SHARE, _MIXED_SHARE, _PAUSE_SHARE, _TIGHT_SHARE, _ROOM_SHARE = 0.6, 0.3, 0.15, 0.5, 0.3

# Short answers, single sentences and several sentences; clips under a second take the most learning.
_FORM_WEIGHTS: Mapping[Split, tuple[int, int, int]] = {"train": (22, 68, 10), "heldout": (14, 76, 10)}

LANGUAGES: tuple[Language, ...] = ("English", "Chinese")


@dataclass(frozen=True, slots=True)
class Utterance:
    """One clip to render; `language` is None and `voice` too where nobody speaks."""

    id: str
    split: Split
    seed: int
    language: Language | None
    sentences: tuple[str, ...]
    voice: Voice | None
    noise: str


@dataclass(frozen=True, slots=True)
class Clip:
    """A rendered utterance: 16 kHz mono samples and the transcript of what is heard in them."""

    utterance: Utterance
    samples: Waveform
    text: str

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.samples.size / SAMPLE_RATE


def plan(split: Split, seed: int, speech_per_language: int, no_speech: int) -> Iterator[Utterance]:
    """List a split's utterances; the same arguments always give the same list."""
    for language in LANGUAGES:
        for index in range(speech_per_language):
            yield plan_speech(split, seed, language, index, _FORM_WEIGHTS[split])
    for index in range(no_speech):
        rng = random.Random(f"{seed}/{split}/none/{index}")
        noise = rng.choice(list(NO_SPEECH[split]))
        yield Utterance(f"none-{index:05d}", split, rng.getrandbits(48), None, (), None, noise)


def plan_speech(
    split: Split, seed: int, language: Language, index: int, form_weights: tuple[int, int, int]
) -> Utterance:
    """Draw one utterance; the weights are those of short answers, single and several sentences."""
    rng = random.Random(f"{seed}/{split}/{language}/{index}")
    form = rng.choices(("short", "single", "several"), weights=form_weights)[0]
    count = rng.randint(2, 9) if form == "several" else 1
    sentences = tuple(sample_sentence(rng, language, split, short=form == "short") for _ in range(count))
    voice = pick_voice((rng.random(), rng.random(), rng.random()), language, split)
    noise = pick_noise(rng, split)
    code = "en" if language == "English" else "zh"
    return Utterance(f"{code}-{index:05d}", split, rng.getrandbits(48), language, sentences, voice, noise)


def pick_noise(rng: random.Random, split: Split) -> str:
    """Draw the background of a clip with speech, often none."""
    return rng.choice([*BACKGROUNDS[split], "babble"]) if rng.random() < _NOISY_SHARE else "none"


def render(utterance: Utterance) -> Clip:
    """Make the sound of one utterance; sentences beyond 29.5 s are left out of sound and text."""
    rng = np.random.default_rng(utterance.seed)
    if utterance.language is None or utterance.voice is None:
        return Clip(utterance, _render_noise(rng, utterance), "")
    speech, spoken = _speak_all(rng, utterance.sentences, utterance.language, utterance.voice)
    samples = distort(rng, speech, short=speech.size < SAMPLE_RATE)
    samples = mix_noise(rng, samples, utterance)
    return Clip(utterance, set_level(rng, samples), join_sentences(spoken, utterance.language))


def _render_noise(rng: Rng, utterance: Utterance) -> Waveform:
    count = int(SAMPLE_RATE * np.exp(rng.uniform(np.log(0.3), np.log(15))))
    samples = NO_SPEECH[utterance.split][utterance.noise](rng, count)
    if utterance.noise == "silence":
        return samples
    if rng.random() < _MIXED_SHARE:
        other = str(rng.choice(list(BACKGROUNDS[utterance.split])))
        level = rng.uniform(0.05, 0.7)
        samples = unit_rms(samples + level * BACKGROUNDS[utterance.split][other](rng, count))
    return augment.set_peak(samples, float(np.exp(rng.uniform(np.log(0.002), np.log(0.95)))))


def _speak_all(
    rng: Rng, sentences: tuple[str, ...], language: Language, voice: Voice
) -> tuple[Waveform, tuple[str, ...]]:
    prosody = Prosody(tempo=float(rng.uniform(0.75, 1.3)), pitch=int(rng.integers(25, 80)))
    speed = float(rng.uniform(0.92, 1.08))
    parts: list[Waveform] = []
    for sentence in sentences:
        part = augment.change_speed(speak(sentence, language, voice, prosody), speed)
        gap = np.zeros(int(SAMPLE_RATE * rng.uniform(0.15, 0.9)), dtype=np.float32)
        if sum(p.size for p in parts) + gap.size + part.size > (MAX_DURATION_S - 1.5) * SAMPLE_RATE and parts:
            break
        parts += [gap, part] if parts else [part]
    return np.concatenate(parts), sentences[: (len(parts) + 1) // 2]


def distort(rng: Rng, samples: Waveform, *, short: bool) -> Waveform:
    """Add a pause, silence around and a room's echo, each now and then."""
    if rng.random() < _PAUSE_SHARE:
        samples = augment.insert_pause(rng, samples)
    longest_s = 0.04 if short and rng.random() < _TIGHT_SHARE else 0.6
    samples = augment.pad_silence(samples, rng.uniform(0, longest_s), rng.uniform(0, longest_s))
    return augment.add_room(rng, samples) if rng.random() < _ROOM_SHARE else samples


def set_level(rng: Rng, samples: Waveform) -> Waveform:
    """Scale speech to a random peak from 0.03 to 0.95 of full scale."""
    return augment.set_peak(samples, float(np.exp(rng.uniform(np.log(0.03), np.log(0.95)))))


def mix_noise(rng: Rng, samples: Waveform, utterance: Utterance) -> Waveform:
    """Add the utterance's background at 5 to 40 dB below the speech, babble at 10 to 40."""
    if utterance.noise == "none":
        return samples
    if utterance.noise == "babble":
        noise = augment.babble(rng, _talkers(utterance.split), samples.size)
        # Quieter than other noise: at 5 dB babble is a second transcript rather than a disturbance.
        return augment.add_noise(samples, noise, rng.uniform(10, 40))
    noise = BACKGROUNDS[utterance.split][utterance.noise](rng, samples.size)
    return augment.add_noise(samples, noise, rng.uniform(5, 40))


@lru_cache(maxsize=2)
def _talkers(split: Split) -> list[Waveform]:
    """Speech clips that babble is mixed from, the same in every process."""
    rng = random.Random(f"talkers/{split}")
    voices: list[Waveform] = []
    for language in LANGUAGES * 12:
        voice = pick_voice((rng.random(), rng.random(), rng.random()), language, split)
        text = sample_sentence(rng, language, split)
        voices.append(unit_rms(speak(text, language, voice, Prosody(1.0, rng.randint(25, 80)))))
    return voices
