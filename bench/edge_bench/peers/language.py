"""The language that is forced in every program, so that prompts are equal and the text begins at once."""

from __future__ import annotations

from typing import Final

LANGUAGE: Final = "English"
