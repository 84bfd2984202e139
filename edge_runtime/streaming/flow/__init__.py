"""What flows through a stream: samples in, events out."""
