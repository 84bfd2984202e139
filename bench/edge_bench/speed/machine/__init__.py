"""The machine while it is measured: clocks, temperature, throttling, memory, power."""
