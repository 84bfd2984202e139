"""The same recordings through edge-asr and through other programs for the same model, in one run.

A peer may live in an interpreter of its own. So what a worker process imports (`harness.worker`, `catalogue`,
`peer`, and every program but `ours`) needs the standard library and the program's own packages alone.
"""
