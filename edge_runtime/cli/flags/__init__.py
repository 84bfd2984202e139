"""Flags of commands in groups: dataclasses whose methods turn flags into what the code below takes."""
