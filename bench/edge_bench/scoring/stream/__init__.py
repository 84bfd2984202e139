"""Scores of live text."""
