"""What every result says of where it came from: recording, bundle, version."""

from __future__ import annotations

from edge_runtime.audio.load import Audio
from edge_runtime.bundle.bundle import Bundle
from edge_runtime.results.transcript import AudioInfo, Engine


def audio_info(audio: Audio) -> AudioInfo:
    """Describe a recording."""
    return AudioInfo(audio.source, audio.sha256, audio.duration_s, audio.source_rate, audio.source_channels)


def engine_of(bundle: Bundle) -> Engine:
    """Describe a bundle."""
    manifest = bundle.manifest
    return Engine(manifest.name, bundle.manifest_sha256, manifest.target, manifest.precision)


def runtime_version() -> str:
    """Return the version of the installed package."""
    from importlib.metadata import version  # noqa: PLC0415  # 18 ms that `import edge_runtime` need not spend

    return version("edge-asr")
