"""What the command line reads: recordings by their names, and texts."""
