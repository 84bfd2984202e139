"""Every precision of a checkpoint on its held-out list, beside float32: `python -m edge_bench.precisions`."""
