"""Stored answers of a reference, and whether an engine gives them."""
