"""Where speech is."""
