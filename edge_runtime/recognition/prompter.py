"""The prompt of a recording and its token budget; no graph is needed to tell them."""

from __future__ import annotations

from typing import Final

from edge_runtime.audio.load import Audio
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.decoding.budget import token_budget
from edge_runtime.model.encoder import num_audio_tokens
from edge_runtime.model.prompt import Prompt, build_prompt
from edge_runtime.recognition.options import DecodingOptions


class Prompter:
    """Builds prompts for one bundle."""

    def __init__(self, manifest: Manifest) -> None:
        """Take the manifest of a bundle that transcribes."""
        self._manifest: Final = manifest
        self._spec: Final = manifest.require_asr().prompt

    def num_cache_rows(self, audio: Audio, options: DecodingOptions) -> int:
        """Return the cache rows that a recording needs; raises as `prompt_and_budget`."""
        features = self._manifest.features
        # Features of a short recording are those of its padded samples.
        num_frames = max(len(audio.waveform), features.min_samples) // features.hop_length
        num_tokens = num_audio_tokens(num_frames, self._manifest.encoder)
        prompt, budget = self.prompt_and_budget(audio, num_tokens, options)
        return len(prompt) + budget

    def prompt_and_budget(
        self, audio: Audio, num_tokens: int, options: DecodingOptions
    ) -> tuple[Prompt, int]:
        """Return the prompt around some audio tokens, and the token budget.

        Raises:
            AudioTooLongError: prompt and output do not fit the decoder's positions.
            UsageError: the budget is not within the bundle's limits.
        """
        forced = options.forced_language
        prompt = build_prompt(
            self._spec,
            num_tokens,
            context_ids=options.context_ids,
            force_ids=forced.language.force_ids if forced else (),
        )
        budget = token_budget(
            self._manifest,
            len(prompt),
            audio.duration_s,
            options.max_new_tokens,
            language=forced.language.name if forced else None,
        )
        return prompt, budget
