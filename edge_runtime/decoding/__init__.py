"""Greedy decoding on integers: drafts, batches, budgets."""
