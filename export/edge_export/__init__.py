"""The export toolchain: checkpoint → ONNX graphs → a bundle that the runtime can trust."""
