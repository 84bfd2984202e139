"""Where segments of a stream begin and end."""
