"""Plots as inline SVG; colors are classes that the page defines, for light and dark."""
