"""From a recording to the decoder's input."""

from __future__ import annotations

from typing import Final

from edge_runtime.audio.load import Audio
from edge_runtime.backends.session import Session
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.model.audio_encoder import AudioEncoder
from edge_runtime.model.audio_stream import AudioStream
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.recognition.prompter import Prompter
from edge_runtime.recognition.recording import PreparedRecording
from edge_runtime.stopwatch import Stopwatch


class Preparer:
    """Encodes recordings and builds the prompts around their embeddings."""

    def __init__(self, manifest: Manifest, encoder: Session) -> None:
        """Take a loaded encoder and the manifest of its bundle."""
        self._prompter: Final = Prompter(manifest)
        self._audio_encoder: Final = AudioEncoder.of(manifest, encoder)

    def stream(self) -> AudioStream:
        """Begin a recording that is encoded while it grows."""
        return self._audio_encoder.stream()

    def prepare(self, audio: Audio, options: DecodingOptions, stopwatch: Stopwatch) -> PreparedRecording:
        """Encode a recording and build its prompt; raises as `Prompter.prompt_and_budget`."""
        options = options.suited_to(audio)
        audio_embeds = self._audio_encoder.encode(audio.waveform, stopwatch)
        prompt, budget = self._prompter.prompt_and_budget(audio.duration_s, len(audio_embeds), options)
        decoder_input = DecoderInput(prompt, audio_embeds, budget)
        return PreparedRecording(audio, options.forced_language, decoder_input, stopwatch)
