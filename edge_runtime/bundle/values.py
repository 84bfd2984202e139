"""Values that a manifest may hold: bounded before anything is computed or allocated from them.

The bounds are far beyond every model of this family, and far below what makes a library crash or hang.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

# In Python "$" also matches in front of a last line feed.

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f/\\]+$(?!\n)")]
"""Of a model or a precision, which folders are named after: no path, no control characters."""
Label = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
"""Of a language, a tensor, a GPU, a version."""
Text = Annotated[str, Meta(max_length=4096, pattern=r"^[^\x00]*$")]
"""Of provenance, which only people read."""
FileName = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_+-][A-Za-z0-9_.+-]*$(?!\n)")
]
"""Of a file in the bundle's folder."""
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
NumBytes = Annotated[int, Meta(ge=0, le=1 << 44)]

SampleRate = Annotated[int, Meta(ge=4_000, le=192_000)]
"""In Hz; soxr ends the process at some rates beyond."""
Frequency = Annotated[float, Meta(ge=0, le=96_000)]
NumSamples = Annotated[int, Meta(ge=1, le=1 << 20)]
FftSize = Annotated[int, Meta(ge=16, le=1 << 14)]
NumMels = Annotated[int, Meta(ge=1, le=1024)]
NumFrames = Annotated[int, Meta(ge=1, le=1 << 16)]
LogFloor = Annotated[float, Meta(gt=0, le=1)]
Positive = Annotated[float, Meta(gt=0, le=1e6)]
Tolerance = Annotated[float, Meta(ge=0, le=1e9)]
Share = Annotated[float, Meta(gt=0, le=1)]
LogProb = Annotated[float, Meta(ge=-100, le=0)]
"""Natural logarithm of a probability."""
NumHypotheses = Annotated[int, Meta(ge=1, le=1000)]
Seconds = Annotated[float, Meta(gt=0, le=7 * 86_400)]

Width = Annotated[int, Meta(ge=1, le=1 << 17)]
"""Of a layer: hidden size, heads, dimensions of a head."""
NumLayers = Annotated[int, Meta(ge=1, le=1024)]
NumTokens = Annotated[int, Meta(ge=1, le=1 << 24)]
"""Of a vocabulary, a cache or a prompt."""
NumTokensOrNone = Annotated[int, Meta(ge=0, le=1 << 24)]
TokenId = Annotated[int, Meta(ge=0, lt=1 << 24)]
TokenIds = Annotated[tuple[TokenId, ...], Meta(max_length=1 << 16)]
BatchSize = Annotated[int, Meta(ge=1, le=4096)]
Opset = Annotated[int, Meta(ge=1, le=1000)]
Dim = Annotated[int, Meta(ge=0, le=1 << 40)] | Label
"""Of a tensor: a size, or the name of one that is chosen at run time."""
Dims = Annotated[tuple[Dim, ...], Meta(max_length=16)]
