"""What is returned: transcripts, words, documents for the writers."""
