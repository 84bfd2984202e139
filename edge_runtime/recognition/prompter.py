"""The prompt of a recording and its token budget; no graph is needed to tell them."""

from __future__ import annotations

from typing import Final

from edge_runtime.arrays import Seconds
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.decoding.budget import token_budget
from edge_runtime.errors import AudioTooLongError
from edge_runtime.model.encoder import num_audio_tokens
from edge_runtime.model.prompt import Prompt, build_prompt
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.vad.segmentation import MIN_SEGMENT_S


class Prompter:
    """Builds prompts for one bundle."""

    def __init__(self, manifest: Manifest) -> None:
        """Take the manifest of a bundle that transcribes."""
        self._manifest: Final = manifest
        self._spec: Final = manifest.require_asr().prompt

    def num_cache_rows(self, num_samples: int, options: DecodingOptions) -> int:
        """Return the cache rows that a recording needs; raises as `prompt_and_budget`."""
        features = self._manifest.features
        # Features of a short recording are those of its padded samples.
        num_frames = max(num_samples, features.min_samples) // features.hop_length
        num_tokens = num_audio_tokens(num_frames, self._manifest.encoder)
        duration_s = num_samples / features.sample_rate
        prompt, budget = self.prompt_and_budget(duration_s, num_tokens, options)
        return len(prompt) + budget

    def longest_s(self, options: DecodingOptions) -> Seconds:
        """Return the limit of segments: `segment_sec`, or less where bundle or context leave no room.

        Args:
            options: of the request; its context and budget need cache rows too.

        Raises:
            UsageError: as `prompt_and_budget`.
        """
        segments, max_audio_s = options.long.segments, self._manifest.limits.max_audio_s
        if not segments.segment_sec:
            return max_audio_s
        longest = min(segments.segment_sec + segments.overlength_s, max_audio_s)
        rate = self._manifest.features.sample_rate
        while longest > MIN_SEGMENT_S and not self._fits(int(longest * rate), options):
            longest = max(MIN_SEGMENT_S, 0.9 * longest)
        return max(MIN_SEGMENT_S, longest - segments.overlength_s)

    def _fits(self, num_samples: int, options: DecodingOptions) -> bool:
        try:
            self.num_cache_rows(num_samples, options)
        except AudioTooLongError:
            return False
        return True

    def prompt_and_budget(
        self, duration_s: Seconds, num_tokens: int, options: DecodingOptions
    ) -> tuple[Prompt, int]:
        """Return the prompt around the audio tokens of so many seconds, and the token budget.

        Raises:
            AudioTooLongError: prompt and output do not fit the decoder's positions.
            UsageError: the budget is not within the bundle's limits.
        """
        forced = options.forced_language
        prompt = build_prompt(
            self._spec,
            num_tokens,
            opening_ids=options.opening_ids,
            force_ids=forced.language.force_ids if forced else (),
        )
        budget = token_budget(
            self._manifest,
            len(prompt),
            duration_s,
            options.max_new_tokens,
            language=forced.language.name if forced else None,
        )
        return prompt, budget
