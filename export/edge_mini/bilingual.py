"""Clips in which one speaker says something in both languages: sentence by sentence, or within a sentence."""

# ruff: noqa: S311 -- seeded draws are the point: nothing here is secret.
from __future__ import annotations

import random
import re
from collections.abc import Iterator

import numpy as np

from edge_mini import augment
from edge_mini.corpus import Utterance, distort, mix_noise, pick_noise, set_level
from edge_mini.features import Sample
from edge_mini.noises import Rng
from edge_mini.sentences import GRAMMARS, Language, Split, join_texts, sample_sentence
from edge_mini.synthesis import SAMPLE_RATE, Prosody, Waveform, speak
from edge_mini.voices import Voice, pick_voice

_SWITCHING_SHARE, _MAX_SENTENCES = 0.4, 4
_RUN = re.compile(r"[\u4e00-\u9fff，。？、]+|[^\u4e00-\u9fff，。？、]+")
_SHARED_SLOTS = ("room", "lamp", "device", "cover", "colour", "name", "city", "music", "food", "weather")
_VOICES: dict[Language, str] = {"English": "en-us", "Chinese": "cmn-latn-pinyin"}


def language_of(text: str) -> Language:
    """Tell the language of a text, or of its beginning, by its script."""
    return "Chinese" if "\u4e00" <= text[0] <= "\u9fff" else "English"


def plan_bilingual(split: Split, seed: int, count: int) -> Iterator[Utterance]:
    """List a split's utterances of two languages; their language is that of the beginning."""
    for index in range(count):
        rng = random.Random(f"{seed}/{split}/bilingual/{index}")
        language = rng.choice(list(GRAMMARS))
        if rng.random() < _SWITCHING_SHARE:
            sentences: tuple[str, ...] = (_switching(rng, language, split),)
        else:
            languages: list[Language] = [language, "Chinese" if language == "English" else "English"]
            order = [languages[place % 2] for place in range(rng.randint(2, _MAX_SENTENCES))]
            sentences = tuple(sample_sentence(rng, each, split) for each in order)
        # The variant is the speaker, whatever the language.
        voice = pick_voice((1.0, 0.0, rng.random()), "Chinese", split)
        noise = pick_noise(rng, split)
        first = language_of(sentences[0])
        yield Utterance(f"mix-{index:05d}", split, rng.getrandbits(48), first, sentences, voice, noise)


def bilingual_sample(utterance: Utterance) -> Sample:
    """Render a clip for the feature shards."""
    rng = np.random.default_rng(utterance.seed)
    samples = set_level(rng, mix_noise(rng, distort(rng, _speak(rng, utterance), short=False), utterance))
    text = join_texts(utterance.sentences)
    return Sample(samples, {"language": language_of(text), "text": text})


def _switching(rng: random.Random, language: Language, split: Split) -> str:
    """Draw a sentence of which one word or name is of the other language."""
    other = GRAMMARS["Chinese" if language == "English" else "English"]
    while True:
        sentence = sample_sentence(rng, language, split)
        here = [
            (word, slot)
            for slot in _SHARED_SLOTS
            for word in GRAMMARS[language].slots[slot]
            if word in sentence
        ]
        word, slot = max(here, key=lambda pair: len(pair[0]), default=("", ""))
        whole = re.escape(word) if language == "Chinese" else rf"\b{re.escape(word)}\b"
        if word and re.search(whole, sentence):
            return re.sub(whole, rng.choice(other.slots[slot]), sentence, count=1)


def _speak(rng: Rng, utterance: Utterance) -> Waveform:
    """Speak run by run of a script, with hardly a pause inside of a sentence."""
    assert utterance.voice is not None
    variant = utterance.voice.name.rpartition("+")[2]
    prosody = Prosody(tempo=float(rng.uniform(0.75, 1.3)), pitch=int(rng.integers(25, 80)))
    speed = float(rng.uniform(0.92, 1.08))
    parts: list[Waveform] = []
    for sentence in utterance.sentences:
        pause_s = rng.uniform(0.1, 0.9) if parts else 0.0
        for run in _RUN.findall(sentence):
            if not any(char.isalnum() for char in run):
                continue
            parts.append(np.zeros(int(SAMPLE_RATE * pause_s), np.float32))
            language = language_of(run.strip())
            voice = Voice("espeak-ng", f"{_VOICES[language]}+{variant}")
            parts.append(augment.change_speed(speak(run.strip(), language, voice, prosody), speed))
            pause_s = rng.uniform(0, 0.08)
    return np.concatenate(parts)
