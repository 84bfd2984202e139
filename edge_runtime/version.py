"""The version of edge-asr, known without the metadata of an installed package.

A program may carry the folder `edge_runtime` itself, or be frozen; then there is no such metadata.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
"""As in `pyproject.toml`; a test compares."""
