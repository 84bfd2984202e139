"""The same recordings through edge-asr and through other programs for the same model, in one run.

What a worker process imports (`peer`, `worker` and the files of the peers but `ours`) needs the standard
library and the peer's own packages alone: a peer may live in an interpreter of its own.
"""
