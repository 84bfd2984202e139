"""Quantised precisions: how matrices are stored and rounded, and how activations are calibrated."""
