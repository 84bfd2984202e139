"""Subtitle files judged by figures, as a subtitler would."""
