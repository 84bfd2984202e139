"""sherpa-onnx: it runs graphs of its own exporter, not a checkpoint."""

from __future__ import annotations

import sherpa_onnx

from edge_bench.peers.peer import Clip, PeerError, Settings, StageTimes


class Sherpa:
    """A peer that is left out, with the reason: the harness compares programs on the same weights."""

    def available(self) -> str | None:
        """Return the reason."""
        version = getattr(sherpa_onnx, "__version__", "of unknown version")
        return f"{version}: it runs graphs released by its own exporter and cannot load this checkpoint"

    def versions(self) -> dict[str, str]:
        """Return no version: it is not measured."""
        return {}

    def convert(self) -> None:
        """Do nothing."""

    def prepare(self) -> None:
        """Do nothing."""

    def run(self, clip: Clip, num_tokens: int) -> StageTimes:
        """Refuse.

        Raises:
            PeerError: always.
        """
        raise PeerError(f"{clip.name}, {num_tokens} tokens: not run")


def make(_settings: Settings, _variant: str) -> Sherpa:
    """Make the peer; it has no variants."""
    return Sherpa()
