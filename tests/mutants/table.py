"""All mistakes, each by a sentence that says what is wrong."""

from __future__ import annotations

from typing import Final

from tests.mutants.audio import AUDIO
from tests.mutants.bundle import BUNDLE
from tests.mutants.decoding import DECODING

MUTANTS: Final = {**DECODING, **AUDIO, **BUNDLE}
