"""Decoder calls with drafts beside those of plain greedy steps."""
