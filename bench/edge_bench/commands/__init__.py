"""The commands that `edge_bench` adds to `edge-asr`."""
