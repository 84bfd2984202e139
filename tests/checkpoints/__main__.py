"""`make checkpoints-table`: what comes of checkpoints as they are met in the world.

Each is built in float32 and equal to transformers on every token, or refused by name. Exits with 1 if a row
is wrong. `python -m tests.checkpoints [PART OF A NAME]`.
"""

from __future__ import annotations

import sys

from tests.checkpoints.table import cases, rows


def main(part: str = "") -> int:
    """Print the table, or the rows whose names hold `part`; return the exit code."""
    indices = [at for at, case in enumerate(cases()) if part in case.name]
    sys.stdout.write("| checkpoint | | result |\n|---|---|---|\n")
    wrong = 0
    for row in rows(indices):
        wrong += not row.is_right
        sys.stdout.write(f"| {row.name} | {'right' if row.is_right else '**wrong**'} | {row.text} |\n")
        sys.stdout.flush()
    sys.stdout.write(f"\nscores: cases={len(indices)} wrong={wrong}\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
