"""TensorRT's builder and ONNX parser: one graph to one engine, whichever library builds it."""
