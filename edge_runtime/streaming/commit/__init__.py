"""Which words of a hypothesis will stay: commit policies, pure Python on tokens."""
