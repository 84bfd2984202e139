"""The `edge-asr` command."""

from __future__ import annotations

from edge_runtime.cli.app import main

__all__ = ["main"]
