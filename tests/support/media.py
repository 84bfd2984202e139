"""Recordings in memory, of bytes that a test puts together."""

from __future__ import annotations

import io

from edge_runtime.audio.medium import Medium


def medium_of(data: bytes) -> Medium:
    return Medium("recording", io.BytesIO(data), len(data))
