"""Flags that say what a person is told, and what counts as a failure."""

from __future__ import annotations

from dataclasses import dataclass

from edge_runtime.cli import options


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkFlags:
    """Remarks on stderr."""

    strict: options.Strict = False
    quiet: options.Quiet = False
    verbose: options.Verbose = False
