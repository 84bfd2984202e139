"""Speak one text with espeak-ng's library, which tells when each word begins; its command line does not.

A program of its own, run once per text without site packages: the library keeps state from one text to the
next, so that in one process the sound would depend on what was said before. It writes a WAV file and
prints the marks as JSON.

Source of the declarations: espeak-ng's `src/include/espeak-ng/speak_lib.h`.
"""

from __future__ import annotations

import ctypes
import json
import sys
import wave
from ctypes import (
    POINTER,
    Structure,
    Union,
    byref,
    c_char,
    c_char_p,
    c_int,
    c_short,
    c_ubyte,
    c_uint,
    c_void_p,
)
from typing import Any

_LIBRARY = "libespeak-ng.so.1"
_SYNCHRONOUS, _PHONEME_EVENTS = 2, 1
_RATE, _PITCH = 1, 3
_UTF8, _END_PAUSE = 0x1, 0x1000
_LIST_END, _WORD, _PHONEME = 0, 1, 7


class _Id(Union):
    _fields_ = (("number", c_int), ("name", c_char_p), ("string", c_char * 8))


class _Event(Structure):
    _fields_ = (
        ("type", c_int),
        ("unique_identifier", c_uint),
        ("text_position", c_int),
        ("length", c_int),
        ("audio_position", c_int),
        ("sample", c_int),
        ("user_data", c_void_p),
        ("id", _Id),
    )


class _Voice(Structure):
    _fields_ = (
        ("name", c_char_p),
        ("languages", c_char_p),
        ("identifier", c_char_p),
        ("gender", c_ubyte),
        ("age", c_ubyte),
        ("variant", c_ubyte),
        ("reserved", c_ubyte),
        ("score", c_int),
        ("spare", c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(c_int, POINTER(c_short), c_int, POINTER(_Event))


def main() -> None:
    """Take text, voice, data folder (may be empty), words a minute, pitch and the WAV file's name."""
    text, voice, data_folder, rate_wpm, pitch, path = sys.argv[1:]
    library = ctypes.CDLL(_LIBRARY)
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data_folder.encode() or None, _PHONEME_EVENTS)
    _choose(library, voice.encode())
    library.espeak_SetParameter(_RATE, int(rate_wpm), 0)
    library.espeak_SetParameter(_PITCH, int(pitch), 0)
    sound = bytearray()
    marks = _speak(library, text.encode(), sound)
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(sound)
    sys.stdout.write(json.dumps(marks))


def _choose(library: Any, voice: bytes) -> None:
    if library.espeak_SetVoiceByName(voice) == 0:
        return
    if library.espeak_SetVoiceByProperties(byref(_Voice(languages=voice))) != 0:
        sys.exit(f"espeak-ng has no voice {voice.decode()}")


def _speak(library: Any, text: bytes, sound: bytearray) -> list[tuple[int, int, str]]:
    """Append the samples to `sound`; return time in ms, offset in characters and phoneme of each mark.

    A word's phoneme is empty, a phoneme's offset is -1.
    """
    marks: list[tuple[int, int, str]] = []

    def receive(samples: Any, count: int, events: Any) -> int:
        if count > 0:
            sound.extend(ctypes.string_at(samples, 2 * count))
        index = 0
        while events[index].type != _LIST_END:
            event = events[index]
            if event.type == _WORD:
                marks.append((event.audio_position, event.text_position - 1, ""))
            elif event.type == _PHONEME:
                marks.append((event.audio_position, -1, event.id.string.decode()))
            index += 1
        return 0

    callback = _Callback(receive)
    library.espeak_SetSynthCallback(callback)
    library.espeak_Synth(text, len(text) + 1, 0, 1, 0, _UTF8 | _END_PAUSE, None, None)
    return marks


if __name__ == "__main__":
    main()
