"""The model process as the server sees it: messages, calls, and who restarts it."""
