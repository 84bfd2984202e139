"""Entry point of ``python -m edge_mini``."""

from edge_mini.cli import main

main()
