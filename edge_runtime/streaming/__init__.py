"""Live text: hypotheses of speech while it arrives, and the final text of each segment."""
