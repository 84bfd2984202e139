"""Sessions of ONNX Runtime, on a CPU or a GPU."""
