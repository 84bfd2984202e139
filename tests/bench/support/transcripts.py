"""Clips and transcripts with planted texts."""

from __future__ import annotations

from edge_bench.corpus import Clip
from edge_runtime.results.result_warning import ResultWarning, WarningCode
from edge_runtime.results.transcript import AudioInfo, EngineInfo, Timing, Transcript


def clip(text: str, language: str = "English", id_: str = "x") -> Clip:
    return Clip(id=id_, audio=f"{id_}.wav", text=text, language=language)


def make_transcript(
    text: str,
    language: str | None = "English",
    *,
    truncated: bool = False,
    warnings: tuple[WarningCode, ...] = (),
) -> Transcript:
    return Transcript(
        text=text,
        language=language,
        language_code=None,
        language_forced=False,
        status="truncated" if truncated else "ok" if text else "no_speech",
        avg_logprob=None,
        num_tokens=0,
        segments=(),
        warnings=tuple(ResultWarning(code, "") for code in warnings),
        audio=AudioInfo(None, None, 1.0, 16_000, 1),
        timing=Timing(0, 0, 0, 0, 0, 1.0, None, None, 0),
        engine=EngineInfo("tiny", "", "ort-cpu", "fp32"),
        runtime_version="0",
    )
