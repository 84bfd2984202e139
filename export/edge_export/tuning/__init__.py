"""Commands for developers of precisions: worst layers, search of recipes."""
