"""Engines from a portable bundle, on the device that runs them: needs neither torch nor ONNX tools."""
