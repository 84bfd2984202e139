"""Layers with the largest error: the error of every product under an export config."""
