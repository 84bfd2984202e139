"""Worker processes of `edge-asr run --jobs`."""
