"""Comparison of a build with the reference."""
