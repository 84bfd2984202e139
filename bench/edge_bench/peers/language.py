"""The language that every program is told, so that prompts are alike and a text begins at once."""

from __future__ import annotations

from typing import Final

LANGUAGE: Final = "English"
