"""`edge-asr run` over many recordings: what is to be done, by whom, and what becomes of each."""
