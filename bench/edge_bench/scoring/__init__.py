"""Error rates of texts and of times."""
