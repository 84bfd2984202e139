"""Units of texts that may mix languages: words, and each Chinese or Japanese ideograph alone."""

from __future__ import annotations

import re
from typing import Final

from edge_bench.scoring.normalize import normalize

_UNIT: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\s\u3400-\u9fff\uf900-\ufaff]+")


def mixed_units(text: str) -> list[str]:
    """Return the normalized units of a text; see `normalize`."""
    return _UNIT.findall(normalize(text))
