"""`edge-asr stream`: audio while it arrives, text while it is said."""
