"""Projected times from bytes and operations."""
