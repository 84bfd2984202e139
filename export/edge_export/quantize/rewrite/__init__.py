"""How a graph is rewritten for quantized matrices."""
