"""What the process of the command line does for all commands: descriptors, signals, memory."""
