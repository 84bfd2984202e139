"""Measure transcripts: WER, CER, language identification, speed."""
