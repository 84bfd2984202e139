"""`edge-asr serve`."""
