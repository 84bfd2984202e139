"""What was heard in a stretch of sound, and what is done where the tokens alone do not tell it."""
