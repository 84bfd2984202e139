"""The export toolchain: checkpoint → ONNX graphs → a bundle that the runtime can trust."""

import os

# Read by the hub libraries when they are imported.
for _variable in ("HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ.setdefault(_variable, "1")
