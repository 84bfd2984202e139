"""Streams of other programs beside ours: processor time for each second of audio."""
