"""Graphs to TensorRT engines: one code path for `tensorrt` 10.3 to 11 and `tensorrt_rtx` 1."""
