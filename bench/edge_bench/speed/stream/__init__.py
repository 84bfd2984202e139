"""Speed of live text."""
