"""From a recording to the decoder's input."""

from __future__ import annotations

from typing import Final

from edge_runtime.audio.load import Audio
from edge_runtime.backends.session import Session
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.decoding.budget import token_budget
from edge_runtime.model.audio_encoder import AudioEncoder
from edge_runtime.model.decoder_input import DecoderInput
from edge_runtime.model.encoder import num_audio_tokens
from edge_runtime.model.prompt import Prompt, build_prompt
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.recognition.recording import PreparedRecording
from edge_runtime.stopwatch import Stopwatch


class Preparer:
    """Encodes recordings and builds the prompts around their embeddings."""

    def __init__(self, manifest: Manifest, encoder: Session) -> None:
        """Take a loaded encoder and the manifest of its bundle."""
        self._manifest: Final = manifest
        self._prompt: Final = manifest.require_asr().prompt
        self._audio_encoder: Final = AudioEncoder.of(manifest, encoder)

    def prepare(self, audio: Audio, options: DecodingOptions, stopwatch: Stopwatch) -> PreparedRecording:
        """Encode a recording and build its prompt.

        Raises:
            AudioTooLongError: prompt and output do not fit the decoder's positions.
            UsageError: the budget is not within the bundle's limits.
        """
        audio_embeds = self._audio_encoder.encode(audio.waveform, stopwatch)
        prompt, budget = self._prompt_and_budget(audio, len(audio_embeds), options)
        decoder_input = DecoderInput(prompt, audio_embeds, budget)
        return PreparedRecording(audio, options.forced_language, decoder_input, stopwatch)

    def num_cache_rows(self, audio: Audio, options: DecodingOptions) -> int:
        """Return the cache rows that a recording needs, without encoding it; raises as `prepare` does."""
        features = self._manifest.features
        # Features of a short recording are those of its padded samples.
        num_frames = max(len(audio.waveform), features.min_samples) // features.hop_length
        prompt, budget = self._prompt_and_budget(
            audio, num_audio_tokens(num_frames, self._manifest.encoder), options
        )
        return len(prompt) + budget

    def _prompt_and_budget(
        self, audio: Audio, num_tokens: int, options: DecodingOptions
    ) -> tuple[Prompt, int]:
        """Return the prompt around some audio tokens, and the token budget."""
        force_ids = options.forced_language.force_ids if options.forced_language else ()
        prompt = build_prompt(self._prompt, num_tokens, opening_ids=options.opening_ids, force_ids=force_ids)
        budget = token_budget(self._manifest, len(prompt), audio.duration_s, options.max_new_tokens)
        return prompt, budget
