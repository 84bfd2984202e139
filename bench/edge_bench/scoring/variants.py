"""What a recognizer loses where clips are joined, or stand in silence, and what it hears in mere sounds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from edge_bench.corpus import Variant
from edge_bench.scoring.asr import Scored
from edge_bench.scoring.normalize import normalize
from edge_bench.scoring.wer import count_errors
from edge_runtime.errors import UsageError

_GAPS: Final = {"joined": "joined_gap", "edges": "edge_gap"}
_UNIT: Final = re.compile(r"[\u4e00-\u9fff]|[^\s\u4e00-\u9fff]+")


def variant_metrics(
    results: Sequence[tuple[Variant, Scored]], apart: Sequence[Scored]
) -> Mapping[str, float]:
    """Return figures by name, those that there are recordings for.

    A gap is the error rate of the variants less that of their clips apart, in points; words and Chinese
    characters count alike. `sound_text` is the share of sounds that were given text, in percent.

    Args:
        results: every variant, with what was heard in it.
        apart: the clips that they are made of, with what was heard in those.

    Raises:
        UsageError: a variant is made of a clip that is not there.
    """
    by_id = {result.clip.id: result for result in apart}
    metrics: dict[str, float] = {}
    for kind, name in _GAPS.items():
        chosen = [(variant, result) for variant, result in results if variant.kind == kind]
        if chosen:
            parts = [_part(variant, part, by_id) for variant, _ in chosen for part in variant.parts]
            metrics[name] = 100 * (_error_rate(result for _, result in chosen) - _error_rate(parts))
    texts = [result.transcript.text for variant, result in results if variant.kind == "sound"]
    if texts:
        metrics["sound_text"] = 100 * sum(map(bool, texts)) / len(texts)
    return metrics


def _part(variant: Variant, part: str, by_id: Mapping[str, Scored]) -> Scored:
    if part not in by_id:
        raise UsageError(f"{variant.id} is made of {part!r}, which is not among the recordings.")
    return by_id[part]


def _error_rate(results: Iterable[Scored]) -> float:
    return count_errors((_units(r.clip.text), _units(r.transcript.text)) for r in results).rate


def _units(text: str) -> list[str]:
    return _UNIT.findall(normalize(text))
