"""From tokens to the text of one stretch of sound, and how far to rely on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from edge_runtime.bundle.specs import ConfidenceSpec, PromptSpec
from edge_runtime.recognition.answers.confidence import doubt, is_low, language_probability
from edge_runtime.recognition.answers.tokens import Token
from edge_runtime.recognition.output import parse_output
from edge_runtime.recognition.recording import DecodedRecording
from edge_runtime.results.document import join_texts
from edge_runtime.results.status import Rung, Status, worst_status
from edge_runtime.text.detokenizer import Detokenizer

_HEAD: Final = re.compile(r"language(\s+\S+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was heard.

    Attributes:
        text: the transcript.
        language: name as the model wrote it or the caller forced it, "" where there is none.
        status: see `Status`; that of the recording itself is not in it.
        logprobs: of the tokens that the text is from.
        language_probability: see `Segment`.
        rungs: what was tried for it.
        repetition_removed: repeated text was collapsed.
        left_out: there was a text, which nobody is heard to speak.
        token_ids: that the text is from, as many as `logprobs`.
    """

    text: str
    language: str
    status: Status
    logprobs: tuple[float, ...] = ()
    language_probability: float | None = None
    rungs: tuple[Rung, ...] = ()
    repetition_removed: bool = False
    left_out: bool = False
    token_ids: tuple[int, ...] = ()

    def without_text(self) -> Answer:
        """Return it as one of a recording in which nobody is heard to speak."""
        return Answer(text="", language="", status="no_speech", logprobs=self.logprobs, left_out=True)

    def after(self, rung: Rung) -> Answer:
        """Return it with a rung that was taken before it was accepted."""
        return replace(self, rungs=(*self.rungs, rung))


NOTHING: Final = Answer(text="", language="", status="no_speech")
"""Of a recording in which nobody speaks."""


class AnswerReader:
    """Reads the tokens of one bundle."""

    def __init__(self, detokenizer: Detokenizer, prompt: PromptSpec, confidence: ConfidenceSpec) -> None:
        """Take how tokens are spelt, what they mean, and how sure the model is of right ones."""
        self._detokenizer: Final = detokenizer
        self._prompt: Final = prompt
        self._confidence: Final = confidence

    def text_of(self, token_ids: Sequence[int]) -> str:
        """Return the text of tokens as it is."""
        return self._detokenizer.decode(token_ids)

    def is_low(self, answer: Answer) -> bool:
        """Tell whether there is a text, and more likely than not it is wrong."""
        return bool(answer.text) and is_low(answer.logprobs, self._confidence)

    def read(self, decoded: DecodedRecording) -> Answer:
        """Return the answer of a text that ended, by itself or by its token budget."""
        answer = self._read(decoded, len(decoded.generation.token_ids))
        return replace(answer, status="truncated") if decoded.generation.finish_reason == "length" else answer

    def read_head(self, decoded: DecodedRecording, num_tokens: int) -> Answer:
        """Return the first tokens of a text as an answer: it is a loop behind them."""
        return replace(self._read(decoded, num_tokens, collapse=True), status="loop_unresolved")

    def _read(self, decoded: DecodedRecording, num_tokens: int, *, collapse: bool = False) -> Answer:
        forced = decoded.prepared.forced_language
        token_ids = decoded.generation.token_ids[:num_tokens]
        logprobs = decoded.generation.logprobs[:num_tokens]
        parsed = parse_output(
            self.text_of(token_ids),
            self._prompt.text_tag,
            forced.language.name if forced else None,
            collapse=collapse,
        )
        probability = None if forced else language_probability(token_ids, logprobs, self._prompt.text_tag_id)
        is_headless = probability is None and forced is None
        text = _without_markers(parsed.text, self._prompt.text_tag, is_headless=is_headless)
        return Answer(
            text=text,
            language=parsed.language if text else "",
            status=doubt(logprobs, probability, self._confidence) if text else "no_speech",
            logprobs=logprobs,
            language_probability=probability,
            repetition_removed=parsed.repetition_removed,
            token_ids=tuple(token_ids),
        )

    def tokens(self, answer: Answer) -> tuple[Token, ...]:
        """Return the tokens of an answer's text, without those that name the language."""
        tag_id, ids = self._prompt.text_tag_id, answer.token_ids
        first = ids.index(tag_id) + 1 if tag_id in ids else 0
        pairs = zip(ids[first:], answer.logprobs[first:], strict=True)
        return tuple(Token(self._detokenizer.bytes_of(one), logprob) for one, logprob in pairs)


def _without_markers(text: str, text_tag: str, *, is_headless: bool) -> str:
    """Return a text without the tag, and without a head that says which language it is in.

    The model writes either where nobody speaks, or a head alone where its budget is tiny. The original shows
    them.

    Args:
        text: as the original would show it.
        text_tag: the token between language and text.
        is_headless: the model was to write a head, and wrote no tag.
    """
    *heads, last = text.split(text_tag)
    kept = [part for part in heads if not _HEAD.fullmatch(part.strip())]
    return join_texts([*kept, "" if is_headless and _HEAD.fullmatch(last) else last])


def join_answers(answers: Sequence[Answer], status: Status) -> Answer:
    """Join the answers of stretches that follow each other.

    Args:
        answers: in order, at least one. The language is that of the first with text.
        status: the result's, if none of theirs is worse.
    """
    first = next((answer for answer in answers if answer.text), answers[0])
    return Answer(
        text=join_texts([answer.text for answer in answers]),
        language=first.language,
        status=worst_status([status, *(answer.status for answer in answers)]),
        logprobs=tuple(logprob for answer in answers for logprob in answer.logprobs),
        language_probability=first.language_probability,
        rungs=max((answer.rungs for answer in answers), key=len),
        repetition_removed=any(answer.repetition_removed for answer in answers),
        token_ids=tuple(token_id for answer in answers for token_id in answer.token_ids),
    )
