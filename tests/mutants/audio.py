"""Mistakes in audio."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant

_WAVEFORM: Final = (
    *(
        "channels_are_averaged_whichever_way_round_they_lie",
        "integers_are_scaled_by_the_full_range_of_their_type",
    ),
    *(
        "a_peak_above_one_is_divided_away",
        "few_rows_of_many_columns_are_channels",
        "quiet_integers_stay_quiet",
    ),
)
_ARRAYS: Final = tuple(f"audio/test_waveform.py::test_{name}" for name in _WAVEFORM)
_LINKS: Final = ("audio/test_blocks.py::test_links_of_other_rates_follow_each_other",)
_BLOCKS: Final = ("audio/test_blocks.py::test_blocks_of_any_size_give_the_samples_of_one",)
_CHANNELS: Final = (
    *("audio/test_load.py::test_every_rate_and_channel_count_becomes_one_channel_at_the_models_rate",),
    *_LINKS,
)
_CHOICES: Final = ("audio/test_choices.py",)
_CUT: Final = (
    *("audio/test_load.py::test_a_file_that_was_cut_off_is_refused_and_not_half_transcribed",),
    *("audio/test_whole.py::test_a_recording_that_was_cut_off_is_refused",),
)
_LENGTH: Final = (
    *("audio/test_load.py::test_too_long_audio_is_refused_before_it_is_decoded",),
    *("audio/test_load.py::test_audio_of_exactly_the_longest_length_is_taken",),
)
_PIPES: Final = ("audio/test_pipes.py",)
_FFMPEG: Final = ("audio/test_ffmpeg.py::test_a_decoder_is_given_one_file_one_demuxer_and_no_terminal",)
_CONTAINER: Final = (
    *("audio/test_ffmpeg.py::test_a_mono_container_without_conversion_is_lossless",),
    *("audio/test_ffmpeg.py::test_a_container_that_declares_more_than_it_holds_is_damaged",),
)

AUDIO: Final = {
    "the full scale of an integer is its maximum": Mutant(
        "audio/waveform.py",
        "full_range = (int(info.max) - int(info.min) + 1) // 2",
        "full_range = (int(info.max) - int(info.min)) // 2",
        _ARRAYS,
    ),
    "unsigned integers are not centred": Mutant(
        "audio/waveform.py", "(int(info.max) + int(info.min) + 1) // 2\n", "0\n", _ARRAYS
    ),
    "an array is taken by its first channel": Mutant(
        "audio/waveform.py",
        "samples.mean(axis=0 if channels_first else 1, dtype=np.float32)",
        "samples[0] if channels_first else samples[:, 0]",
        _ARRAYS,
    ),
    "channels of an array are always columns": Mutant(
        "audio/waveform.py", "rows <= _MAX_CHANNELS and rows < columns", "False", _ARRAYS
    ),
    "a peak above one is clipped": Mutant(
        "audio/waveform.py",
        "np.divide(mono, np.float32(peak), out=out)",
        "np.divide(mono, np.float32(1), out=out)",
        _ARRAYS,
    ),
    "a file is taken by its first channel": Mutant(
        "audio/mixdown.py",
        "samples.mean(axis=1, dtype=np.float32)",
        "np.ascontiguousarray(samples[:, 0])",
        _CHANNELS,
    ),
    "the mix of channels has a gain of the square root of two": Mutant(
        "audio/mixdown.py",
        "samples.mean(axis=1, dtype=np.float32)",
        "samples.mean(axis=1, dtype=np.float32) * np.float32(2**0.5)",
        _CHANNELS,
    ),
    "the end of the resampler is not taken": Mutant(
        "audio/mixdown.py",
        "            self._append(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))",
        "            pass",
        _LINKS,
    ),
    "each block is resampled as if it were the last": Mutant(
        "audio/mixdown.py",
        "self._resampler.resample_chunk(mono)",
        "self._resampler.resample_chunk(mono, last=True)",
        _BLOCKS,
    ),
    "channels are counted from 0": Mutant(
        "audio/mixdown.py", "[:, self._channel - 1]", "[:, self._channel % 2]", _CHOICES
    ),
    "audio of exactly the longest length is refused": Mutant(
        "audio/mixdown.py",
        "if self.duration_s + duration_s > self.max_audio_s:",
        "if self.duration_s + duration_s >= self.max_audio_s:",
        _LENGTH,
    ),
    "too long a file is decoded before it is refused": Mutant(
        "audio/parts.py",
        "            mixdown.require_room((expected or 0) / sound.sample_rate)\n",
        "",
        _LENGTH,
    ),
    "4,000 bytes may be missing from a file": Mutant(
        "audio/plan.py",
        "layout.declared > layout.available:",
        "layout.declared > layout.available + 4000:",
        _CUT,
    ),
    "missing samples are no damage": Mutant(
        "audio/parts.py",
        "num_samples < sound.num_samples:",
        "num_samples < 0:",
        ("audio/test_whole.py::test_a_flac_that_declares_one_sample_more_than_it_holds_is_damaged",),
    ),
    "bytes between frames are no damage": Mutant(
        "audio/plan.py",
        "    if result.lost_bytes:\n",
        "    if result.lost_bytes > 4096:\n",
        ("audio/test_whole.py::test_bytes_between_the_frames_of_an_mp3_are_damage",),
    ),
    "the hash of a recording leaves out its last bytes": Mutant(
        "audio/medium.py",
        "        while part := self.read_at(offset, _CHUNK_BYTES):\n",
        "        while len(part := self.read_at(offset, _CHUNK_BYTES)) == _CHUNK_BYTES:\n",
        _PIPES,
    ),
    "ffmpeg may open any protocol": Mutant(
        "audio/decoders/ffmpeg.py", '"-protocol_whitelist", "file", ', "", _FFMPEG
    ),
    "ffmpeg may choose any demuxer": Mutant(
        "audio/decoders/ffmpeg.py", '"-format_whitelist", demuxer, "-f", demuxer, ', "", _FFMPEG
    ),
    "ffmpeg reads the terminal": Mutant("audio/decoders/ffmpeg.py", '"-nostdin", ', "", _FFMPEG),
    "samples of ffmpeg are read in the wrong byte order": Mutant(
        "audio/decoders/ffmpeg.py", '">f4"', '"<f4"', _CONTAINER, "ffmpeg"
    ),
    "a second may be missing from a container": Mutant(
        "audio/tracks.py",
        "_SHORT_S: Final[Seconds] = 0.5",
        "_SHORT_S: Final[Seconds] = 1.0",
        _CONTAINER,
        "ffmpeg",
    ),
    "the last packet of a stream with time codes is not looked at": Mutant(
        "audio/formats/transport.py",
        "(len(data) + size - _BYTES) // size",
        "len(data) // size",
        ("audio/formats/test_transport.py::test_packets_with_a_time_code_or_a_checksum_are_read_alike",),
    ),
}
