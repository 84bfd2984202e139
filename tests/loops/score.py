"""Count the loops that are stopped, and the honest texts that are kept.

    python -m tests.loops.score BUNDLE

prints `loops_stopped=PERCENT honest_kept=PERCENT no_speech=PERCENT`; the last is of the bundle's recognizer.
"""

from __future__ import annotations

import sys

from edge_runtime import Recognizer
from edge_runtime.decoding.loop_guard import MIN_CYCLE_TOKENS, MIN_REPEATS, SYLLABLES_PER_S
from tests.loops.cases import LoopCase, honest_texts, loops
from tests.loops.no_speech import percent_without_text
from tests.loops.planted import PlantedModel, spelling

_SPARE = 16
_LOST_SHARE = 0.25
"""Share of a recording that may be lost where the decoder repeats itself in every piece that holds a word."""
_LAST_TOKEN = 8
"""Syllables that the token which crosses the ceiling may have."""


def is_kept(model: PlantedModel, text: str) -> bool:
    """Tell whether an honest text is there to the letter, and nothing speaks against it."""
    answer = model.answer()
    return answer.text == text.strip() and answer.status == "ok"


def faults(case: LoopCase) -> list[str]:
    """Return what is wrong with the end of a loop, nothing where all is right."""
    generation, answer = case.model.first.generation, case.model.answer()
    seconds, num_tokens = case.model.audio.duration_s, len(generation.token_ids)
    counts = [spelling().syllables(token_id) for token_id in generation.token_ids]
    is_near_end = case.place > 1 - _LOST_SHARE
    ceiling, full = SYLLABLES_PER_S * seconds + _SPARE, case.start + (case.period or 0) * MIN_REPEATS
    status = "loop_recovered" if case.recovers else "loop_unresolved"
    spoken = "".join(case.words).strip()
    checks = {
        "stopped late": case.period is not None and num_tokens > max(full, case.start + MIN_CYCLE_TOKENS),
        "above the ceiling": sum(count for count, _ in counts) > ceiling + _LAST_TOKEN
        or sum(marks for _, marks in counts) > ceiling + 1,
        f"status {answer.status}": answer.status != status,
        f"text {answer.text!r}": case.recovers and _bare(answer.text) != _bare(spoken),
        "the rest is lost": not answer.text.startswith(case.words[0].strip())
        or not (is_near_end or answer.text.endswith(case.words[-1].strip())),
    }
    return [name for name, is_wrong in checks.items() if is_wrong]


def loops_stopped() -> float:
    """Return the percentage of the loops that end as they should."""
    return _percent([not faults(case) for case in loops()])


def honest_kept() -> float:
    """Return the percentage of the honest texts that are kept to the letter."""
    return _percent([is_kept(model, model.text) for model in honest_texts()])


def _percent(right: list[bool]) -> float:
    return 100 * sum(right) / len(right)


def _bare(text: str) -> str:
    """Return a text without the spaces that joining pieces may change."""
    return text.replace(" ", "")


if __name__ == "__main__":
    with Recognizer.load(sys.argv[1]) as recognizer:
        no_speech = percent_without_text(recognizer)
    sys.stdout.write(
        f"loops_stopped={loops_stopped():.1f} honest_kept={honest_kept():.1f} no_speech={no_speech:.1f}\n"
    )
