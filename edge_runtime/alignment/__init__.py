"""From a recording and its text to the times of words."""
