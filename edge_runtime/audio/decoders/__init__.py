"""libsndfile in this process and ffmpeg in one of its own, each a block at a time."""
