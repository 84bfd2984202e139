"""Between the wire and the routes: limits, keys, forms, errors, logs and figures."""
