"""Recipes: the engines of a class of devices, and which recipe a build takes."""
