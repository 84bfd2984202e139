"""Run bundles and peers in turn, each run in a process of its own, and sum up."""
