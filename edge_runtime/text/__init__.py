"""Tokens, languages, and the units that have times."""
