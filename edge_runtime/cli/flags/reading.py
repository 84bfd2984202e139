"""Flags that say how a recording is read."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.audio.options import LoadOptions
from edge_runtime.cli import options


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFlags:
    """Choices about a recording."""

    channel: options.Channel = None
    audio_track: options.AudioTrack = None
    salvage: options.Salvage = False

    @property
    def load_options(self) -> LoadOptions:
        """How a recording is read."""
        track = options.audio_track(self.audio_track)
        return LoadOptions(channel=self.channel, audio_track=track, salvage=self.salvage)
