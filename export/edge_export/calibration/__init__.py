"""What calibration recordings tell about activations."""
