"""The stages of MODEL.md over sessions: features, encoder, prompt, decoder, timestamp classifier."""
