"""What a checkpoint holds, in both layouts, and where it comes from."""
