"""Statistics of activations on calibration recordings."""
