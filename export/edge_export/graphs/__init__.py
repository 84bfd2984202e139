"""From modules to ONNX graphs with their weights."""
