"""What tells power or energy, one source a file."""
