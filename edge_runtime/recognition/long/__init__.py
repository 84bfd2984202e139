"""Recordings longer than a segment: planned, read in pieces, decoded, joined."""
