"""Subtitle files that are given as text: what their cues say, and the same files with other times."""
