"""Where sentences end, and which words belong together, by language."""
