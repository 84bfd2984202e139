"""Mistakes in decoding, in the prompt, in the cache and in text."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant

_GENERATE: Final = ("decoding/test_generate.py",)
_DRAFTS: Final = ("decoding/test_drafts.py",)
_BATCH: Final = ("decoding/test_generate_batch.py::test_every_sequence_is_what_it_is_alone",)
_GUARD: Final = ("decoding/test_loop_guard.py",)
_RECOVERY: Final = ("recognition/answers/test_loop_recovery.py",)
_BUDGET: Final = ("decoding/test_budget.py",)
_SLOTS: Final = ("decoding/test_batch_decoder.py",)
_PROMPT: Final = ("model/test_prompt.py",)
_CACHE: Final = ("model/test_kv_cache.py",)
_REPETITION: Final = ("text/test_repetition.py::test_known_strings_become_the_known_results",)
_DETOKENIZER: Final = ("text/test_detokenizer.py",)
_LANGUAGES: Final = ("text/test_languages.py",)

DECODING: Final = {
    "the id of the end does not end a text": Mutant(
        "decoding/generate.py",
        '        if scored.token_id in self._eos_ids:\n            return self.end("eos")\n',
        "",
        _GENERATE,
    ),
    "a text has one token more than its budget": Mutant(
        "decoding/generate.py",
        "if len(self._token_ids) == self._max_new",
        "if len(self._token_ids) > self._max_new",
        _GENERATE,
    ),
    "steps ahead go beyond the budget": Mutant(
        "decoding/generate.py",
        "tokens[-1].token_id, max_new_tokens - num_tokens)",
        "tokens[-1].token_id, max_new_tokens)",
        _GENERATE,
    ),
    "one token of a draft is accepted unverified": Mutant(
        "decoding/generate.py",
        "next(rejected, len(draft_ids))",
        "next(rejected, len(draft_ids) - 1) + 1",
        _DRAFTS,
    ),
    "rejected tokens of a draft stay in the cache": Mutant(
        "decoding/generate.py", "    decoder.rewind(len(draft_ids) - num_accepted)\n", "", _DRAFTS
    ),
    "a close decision about a draft is not made again": Mutant(
        "decoding/generate.py", "if best.margin < RECHECK_MARGIN:", "if best.margin < 0:", _DRAFTS
    ),
    "an n-gram proposes from one token too far": Mutant(
        "decoding/drafts.py",
        "self._seen[end : end + max_tokens]",
        "self._seen[end + 1 : end + max_tokens]",
        _DRAFTS,
    ),
    "a hypothesis goes on from the shortest of equals": Mutant(
        "decoding/drafts.py",
        "len(self._hypothesis) - int(self._distances[::-1].argmin())",
        "int(self._distances.argmin())",
        _DRAFTS,
    ),
    "drafts that fail stay long": Mutant(
        "decoding/draft_length.py",
        "_MEMORY * self._num_wrong + (num_accepted < num_proposed)",
        "_MEMORY * self._num_wrong",
        ("decoding/test_draft_length.py",),
    ),
    "the end of a draft text is not known": Mutant(
        "decoding/ngram_table.py",
        "ids += (start_id, *text, _END)",
        "ids += (start_id, *text)",
        ("decoding/test_ngram_table.py",),
    ),
    "a text in a batch has the tokens of another": Mutant(
        "decoding/generate_batch.py",
        "running[slot].hypothesis.append(running[slot].latest)",
        "running[slot].hypothesis.append(next(iter(running.values())).latest)",
        _BATCH,
    ),
    "a cycle is suspected at its third repeat": Mutant(
        "decoding/loop_guard.py", "MIN_REPEATS: Final = 4", "MIN_REPEATS: Final = 3", _GUARD
    ),
    "the run of a period that was broken goes on": Mutant(
        "decoding/loop_guard.py", "                runs[period] = 0\n", "", _GUARD
    ),
    "punctuation has no ceiling": Mutant("decoding/loop_guard.py", " or self._marks_left < 0", "", _GUARD),
    "a repeat that begins a sentence is another": Mutant(
        "recognition/answers/loop_recovery.py", ".casefold()", "", _RECOVERY
    ),
    "a doubtful step of a batch is made twice": Mutant(
        "decoding/batch_decoder.py", "            cache.reset(cache.length - 1)\n", "", _SLOTS
    ),
    "a request may ask for one token more than the limit": Mutant(
        "decoding/budget.py",
        "not 1 <= requested <= max_tokens:",
        "not 1 <= requested <= max_tokens + 1:",
        _BUDGET,
    ),
    "prompt and text may be one token longer than the cache": Mutant(
        "decoding/budget.py",
        "if prompt_len + needed > capacity:",
        "if prompt_len + needed > capacity + 1:",
        _BUDGET,
    ),
    "the capacity of an engine is ignored": Mutant(
        "decoding/budget.py",
        "min(positions, manifest.require_asr().decoder.kv_capacity or positions)",
        "positions",
        _BUDGET,
    ),
    "the prompt lacks its last newline": Mutant(
        "model/prompt.py", "(*spec.after_audio, *force_ids)", "(*spec.after_audio[:-1], *force_ids)", _PROMPT
    ),
    "the forced language stands before the audio": Mutant(
        "model/prompt.py",
        "*spec.before_audio)\n    after = (*spec.after_audio, *force_ids)",
        "*spec.before_audio, *force_ids)\n    after = spec.after_audio",
        _PROMPT,
    ),
    "rows of the audio are placed one position early": Mutant(
        "model/prompt.py",
        "audio_index[len(before) : len(before) + num_audio_tokens]",
        "audio_index[len(before) - 1 : len(before) + num_audio_tokens - 1]",
        _PROMPT,
    ),
    "rows of the cache are not counted": Mutant(
        "model/kv_cache.py", "self._memory.lengths[self._index] += num_tokens", "pass", _CACHE
    ),
    "the cache takes one token more than it has rows": Mutant(
        "model/kv_cache.py", "num_tokens > num_rows:", "num_tokens > num_rows + 1:", _CACHE
    ),
    "one repeat fewer is collapsed": Mutant(
        "text/repetition.py",
        "text.startswith(pattern * _THRESHOLD, position)",
        "text.startswith(pattern * (_THRESHOLD - 1), position)",
        _REPETITION,
    ),
    "the longest period of a repetition is not tried": Mutant(
        "text/repetition.py", "range(1, _MAX_PATTERN + 1)", "range(1, _MAX_PATTERN)", _REPETITION
    ),
    "special tokens are part of the text": Mutant(
        "text/detokenizer.py", "if token_id not in self._special_ids)", "if token_id >= 0)", _DETOKENIZER
    ),
    "an id beyond the tokens is an error": Mutant(
        "text/detokenizer.py",
        '        if not 0 <= token_id < len(self._ends) - 1:\n            return b""\n',
        "",
        _DETOKENIZER,
    ),
    "the language of zh-yue is Chinese": Mutant(
        "text/language_tags.py", "if extended or regional:", "if regional:", _LANGUAGES
    ),
    "the tables come before a bundle's own names": Mutant(
        "text/languages.py",
        "    if own is not None:\n",
        "    if own is not None and not standard_name(requested):\n",
        _LANGUAGES,
    ),
}
