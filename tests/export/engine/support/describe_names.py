"""Print the signatures of dotted names of a module: `python describe_names.py MODULE < names.json`."""

from __future__ import annotations

import importlib
import json
import re
import sys
from typing import Any


def describe(module: Any, name: str) -> list[str] | None:
    """Return the signatures of a name, one for each overload, None where it is absent."""
    actual = module
    for part in name.split("."):
        if not hasattr(actual, part):
            return None
        actual = getattr(actual, part)
    lines = (getattr(actual, "__doc__", None) or "").splitlines()
    return [line for line in lines if re.match(rf"(\d+\. )?{re.escape(part)}\(self: ", line)]


if __name__ == "__main__":
    module = importlib.import_module(sys.argv[1])
    json.dump({name: describe(module, name) for name in json.load(sys.stdin)}, sys.stdout)
