"""From a file, a stream or samples to a mono waveform at the model's rate."""
