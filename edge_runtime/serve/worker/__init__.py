"""The model process: it loads the bundles and does what the server sends."""
