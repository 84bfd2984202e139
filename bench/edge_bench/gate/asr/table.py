"""A comparison for a person: a table of languages, what is new, and the clips it is new in, side by side."""

from __future__ import annotations

from collections.abc import Iterator

from edge_bench.gate.asr.comparison import ComparedClip, Comparison, LanguageDelta
from edge_bench.gate.asr.limits import GateLimits
from edge_bench.gate.bootstrap import CONFIDENCE
from edge_bench.gate.verdict import signed


def table_lines(comparison: Comparison, limits: GateLimits) -> Iterator[str]:
    """Yield the lines of a report, without the summary."""
    yield (
        f"{'':10} {'clips':>6} {'units':>7} {'reference':>10} {'candidate':>10} {'points':>7}  "
        f"{100 * CONFIDENCE:g} % interval"
    )
    yield from map(_language_line, comparison.languages)
    yield f"{'limit':46} {limits.points:+7.2f}"
    yield ""
    yield "new in the candidate:"
    for name, count in comparison.counts().items():
        limit = getattr(limits, name)
        allowed = "any" if limit is None else limit
        yield f"  {name:10} {count:4} of {len(comparison.clips)} clips, allowed {allowed}"
    for clip in comparison.clips:
        if clip.is_bad:
            yield ""
            yield from _clip_lines(clip)
    yield ""


def bounds(delta: LanguageDelta) -> str:
    """Write the interval of a difference, in points."""
    return f"[{signed(delta.low)},{signed(delta.high)}]"


def _language_line(delta: LanguageDelta) -> str:
    return (
        f"{delta.key:10} {delta.num_clips:6} {delta.num_units:7} {delta.reference:8.2f} % "
        f"{delta.candidate:8.2f} % {signed(delta.difference):>7}  {bounds(delta)}"
    )


def _clip_lines(compared: ComparedClip) -> Iterator[str]:
    clip = compared.clip
    yield f"{clip.id}  {', '.join(name for name in compared.behaviours if name != 'changed')}"
    yield f"  spoken     {clip.language or 'no speech':10} {clip.text}"
    for role, transcript in (("reference", compared.reference), ("candidate", compared.candidate)):
        cut = "  [cut by the token budget]" if transcript.truncated else ""
        yield f"  {role:10} {transcript.language or 'no speech':10} {transcript.text}{cut}"
