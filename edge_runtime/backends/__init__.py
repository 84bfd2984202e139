"""Sessions: one loaded graph on one device, whatever runs it."""
