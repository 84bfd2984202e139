"""`python -m edge_runtime` is `edge-asr`."""

from edge_runtime.cli import main

main()
