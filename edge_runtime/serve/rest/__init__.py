"""Short REST routes that other programs already speak."""
