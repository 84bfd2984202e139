"""OpenAI's API: transcriptions, models, realtime."""
