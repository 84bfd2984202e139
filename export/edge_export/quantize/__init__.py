"""Quantised precisions: what a matrix is stored as, how it is rounded, how activations are calibrated."""
