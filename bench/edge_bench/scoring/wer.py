"""Word and character error rates, pooled over a corpus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from edge_bench.scoring.normalize import normalize

CHARACTER_LANGUAGES: Final = frozenset({"Chinese", "Cantonese", "Japanese", "Korean", "Thai"})
"""Languages scored by character: they are written without spaces, or with optional ones."""


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """Edit operations that turn references into hypotheses.

    Attributes:
        substitutions, deletions, insertions: the operations.
        num_reference: words or characters of the references.
    """

    substitutions: int
    deletions: int
    insertions: int
    num_reference: int

    @property
    def rate(self) -> float:
        """Errors per reference unit; without a reference, 0 for an empty hypothesis and 1 for any other."""
        errors = self.substitutions + self.deletions + self.insertions
        return errors / self.num_reference if self.num_reference else float(errors > 0)


def units_of(text: str, language: str) -> list[str]:
    """Return the normalized units of a text: characters or words, depending on the language."""
    words = normalize(text).split()
    return list("".join(words)) if language in CHARACTER_LANGUAGES else words


def count_errors(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> ErrorCounts:
    """Count the edits over (reference, hypothesis) pairs."""
    import kaldialign  # noqa: PLC0415  # an extra that only scoring needs

    totals = {"sub": 0, "del": 0, "ins": 0}
    num_reference = 0
    for reference, hypothesis in pairs:
        counts = kaldialign.edit_distance(list(reference), list(hypothesis))
        totals = {name: total + counts[name] for name, total in totals.items()}
        num_reference += len(reference)
    return ErrorCounts(totals["sub"], totals["del"], totals["ins"], num_reference)
