"""Search for the matrices whose eight bits are worth their bytes: `python -m edge_export.tuning.search`."""
