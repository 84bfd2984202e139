"""Whether the bench's own figures can be trusted."""
