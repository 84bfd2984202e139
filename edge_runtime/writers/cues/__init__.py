"""Words to cues: where cues and lines break, and how long each cue is shown."""
