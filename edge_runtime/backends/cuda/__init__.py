"""The few calls of the CUDA runtime that sessions need, and what is built on them."""
