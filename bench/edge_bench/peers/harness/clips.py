"""Recordings as WAV files, which every program reads, with their prompts in edge-asr."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edge_bench.peers.language import LANGUAGE
from edge_bench.peers.peer import Clip
from edge_runtime.audio.load import Audio, load_audio
from edge_runtime.bundle.bundle import read_manifest
from edge_runtime.bundle.manifest import Manifest
from edge_runtime.model.encoder import num_audio_tokens
from edge_runtime.model.fbank import Fbank
from edge_runtime.model.prompt import build_prompt
from edge_runtime.text.languages import find_language


def make_clips(recordings: Sequence[Path], bundle: Path, work: Path) -> tuple[Clip, ...]:
    """Write each recording as 16-bit mono WAV and build its prompt.

    Args:
        recordings: any format that edge-asr reads.
        bundle: defines the sample rate, the longest audio, and the prompt.
        work: folder to write into.

    Raises:
        AudioError: a recording cannot be used.
        BundleError: there is no bundle.
        UsageError: the bundle does not support the language that is forced in all programs.
    """
    manifest = read_manifest(bundle).manifest
    folder = work / "clips"
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_clip(number, recording, manifest, folder) for number, recording in enumerate(recordings))


def _clip(number: int, recording: Path, manifest: Manifest, folder: Path) -> Clip:
    audio = load_audio(recording, manifest.features.sample_rate, manifest.limits.max_audio_s)
    wav = folder / f"{number}.wav"
    _write(wav, audio)
    ids = _prompt_ids(audio, manifest)
    audio_id = manifest.require_asr().prompt.audio_id
    return Clip(
        name=recording.name,
        wav=wav.absolute(),
        duration_s=audio.duration_s,
        prompt_ids=ids,
        audio_id=audio_id,
    )


def _write(wav: Path, audio: Audio) -> None:
    import soundfile  # noqa: PLC0415  # loads libsndfile

    soundfile.write(wav, audio.waveform, audio.sample_rate, subtype="PCM_16")


def _prompt_ids(audio: Audio, manifest: Manifest) -> tuple[int, ...]:
    num_frames = Fbank(manifest.features)(audio.waveform).shape[1]
    choice = find_language(LANGUAGE, manifest.languages)
    assert choice is not None, "a named language is found or refused"
    spec = manifest.require_asr().prompt
    prompt = build_prompt(
        spec, num_audio_tokens(num_frames, manifest.encoder), force_ids=choice.language.force_ids
    )
    return tuple(prompt.ids.tolist())
