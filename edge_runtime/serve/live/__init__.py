"""Live text over WebSockets."""
