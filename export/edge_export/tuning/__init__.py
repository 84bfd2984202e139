"""Commands for developers of precisions: layers with the largest error, search of recipes."""
