"""Results: transcripts, words, documents for the writers."""
