"""What the bytes of a recording say: its kind, its parts, and whether all of it is there."""
