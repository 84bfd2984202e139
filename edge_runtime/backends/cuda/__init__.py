"""The few CUDA runtime calls that sessions need, and what is built on them."""
