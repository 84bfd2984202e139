"""`edge-asr serve`: HTTP and WebSocket in front of a model process."""
