"""Markup of subtitles within a text: what it consists of, and which styles it opens and closes."""
