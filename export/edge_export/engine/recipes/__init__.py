"""Recipes: what engines a class of devices gets, and which recipe a build takes."""
