"""When a recording is known to hold no speech before the model has heard it.

A forced language leaves the model no word for silence: it writes the likeliest text. A context can have the
same effect. Without either, the model itself says that nobody speaks.
"""

from __future__ import annotations

from edge_runtime.audio.load import Audio
from edge_runtime.recognition.options import DecodingOptions
from edge_runtime.vad.energy import detect_speech


def is_silent(audio: Audio, options: DecodingOptions) -> bool:
    """Tell whether there is nothing to decode.

    Args:
        audio: the recording. One in which a VAD heard speech is not silent. One without a loud frame is
            where a VAD heard none, or the request has a language or a context.
        options: of the request.
    """
    if audio.speech_s:
        return False
    if audio.speech_s is None and options.forced_language is None and not options.opening_ids:
        return False
    return not detect_speech(audio.waveform, audio.sample_rate, min_speech_s=0.0)
