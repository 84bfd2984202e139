"""How fast one bundle is on this machine."""
