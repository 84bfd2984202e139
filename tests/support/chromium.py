"""The browser of the tests of pages."""

from __future__ import annotations

import os
import shutil
from typing import Final

CHROMIUM: Final = os.environ.get("EDGE_ASR_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
"""Its program, None where there is none."""
NO_CHROMIUM: Final = "no Chromium: make browser, or name one in EDGE_ASR_CHROMIUM"
