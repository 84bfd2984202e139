"""Flags for many recordings."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.cli import options


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyFlags:
    """How many recordings at a time."""

    batch_size: options.BatchSize = 1
