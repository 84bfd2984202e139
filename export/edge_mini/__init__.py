"""A tiny Qwen3-ASR checkpoint, trained from scratch on speech this package synthesises."""
