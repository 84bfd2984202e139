"""Write spans that the package silero-vad finds in planted probabilities.

`python -m tests.golden.make_silero_timestamps > tests/golden/silero_timestamps.json`, with silero-vad 6.2.3.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

import numpy as np
from silero_vad.utils_vad import get_speech_timestamps_from_probs

from edge_runtime.vad.options import VadOptions
from edge_runtime.vad.timestamps import FRAME_SAMPLES

OPTIONS = (
    VadOptions(),
    VadOptions(speech_pad_ms=30),
    VadOptions(speech_pad_ms=155, min_silence_duration_ms=300),
    VadOptions(threshold=0.3, neg_threshold=0.15, min_speech_duration_ms=0, min_silence_duration_ms=0),
    VadOptions(threshold=0.7, neg_threshold=0.1, speech_pad_ms=400),
)


def case(generator: np.random.Generator, options: VadOptions) -> dict[str, Any]:
    """Return one sequence, whose runs are as long as words and pauses, and its spans."""
    count = int(generator.integers(0, 10))
    lengths = generator.integers(1, 14, count)
    levels = np.repeat(generator.choice([0.02, 0.2, 0.4, 0.55, 0.95], count), lengths)
    probabilities = np.round(np.clip(levels + generator.normal(0, 0.08, levels.size), 0, 1), 3).tolist()
    num_samples = max(0, len(probabilities) * FRAME_SAMPLES - int(generator.integers(0, FRAME_SAMPLES)))
    spans = get_speech_timestamps_from_probs(
        probabilities, audio_length_samples=num_samples, **asdict(options)
    )
    return {
        "options": asdict(options),
        "num_samples": num_samples,
        "probabilities": probabilities,
        "spans": [[span["start"], span["end"]] for span in spans],
    }


def main() -> None:
    """Print the cases, one a line."""
    generator = np.random.default_rng(7)
    cases = [case(generator, options) for options in OPTIONS for _ in range(25)]
    lines = ",\n".join(json.dumps(each) for each in cases)
    sys.stdout.write(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
