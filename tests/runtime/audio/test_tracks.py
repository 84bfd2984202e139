"""What becomes of a track, by what ffmpeg says of it; a stand-in says it."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest

from edge_runtime.arrays import Array
from edge_runtime.audio import tracks
from edge_runtime.audio.damage import Damage
from edge_runtime.audio.decoders.ffmpeg_log import FfmpegLog, Track
from edge_runtime.audio.medium import Medium
from edge_runtime.audio.mixdown import Mixdown
from edge_runtime.audio.notice import AudioNotice
from edge_runtime.audio.tracks import ClockError, ContainerReader
from edge_runtime.errors import AudioError, AudioTooLongError
from tests.support.media import medium_of

RATE = 16_000
MAX_S = 10.0


@dataclass
class Decoder:
    """One decoder of ffmpeg: a second of sound for each value, and what the log holds behind it."""

    log: FfmpegLog
    values: tuple[float, ...] = (0.1, 0.2)
    silence: int = 0
    dropped: int = 0
    sample_rate: int = RATE
    num_channels: int = 1

    def blocks(self) -> Iterator[Array]:
        for value in self.values:
            self.log.silence_samples, self.log.dropped_samples = self.silence, self.dropped
            yield np.full((RATE, self.num_channels), value, np.float32)


@dataclass
class Ffmpeg:
    """Opens decoders: for each position of a track, with or without the container's clock."""

    with_clock: dict[int, Decoder]
    without_clock: Decoder | None = None
    opened: list[tuple[int, bool]] = field(default_factory=list)

    @contextmanager
    def open(self, medium: Medium, demuxer: str, index: int, *, clock: bool = True) -> Iterator[Decoder]:
        self.opened.append((index, clock))
        decoder = self.with_clock[index] if clock else self.without_clock
        assert decoder is not None, "the clock made sense"
        yield decoder


def log(num_tracks: int = 1, default: int | None = None, **said: object) -> FfmpegLog:
    listed = [Track(index, "", "aac", index == default) for index in range(num_tracks)]
    return FfmpegLog("mov", tracks=listed, **said)  # type: ignore[arg-type]


def read(
    monkeypatch: pytest.MonkeyPatch,
    ffmpeg: Ffmpeg,
    audio_track: int | None = None,
    *,
    salvage: bool = False,
    forgiven: int = 0,
) -> tuple[Mixdown, tuple[AudioNotice, ...]]:
    monkeypatch.setattr(tracks, "open_decoder", ffmpeg.open)
    for clock in (True, False):
        damage, mixdown = Damage("recording", salvage=salvage), Mixdown("recording", RATE, MAX_S, None)
        reader = ContainerReader(medium_of(b"x"), "mov", audio_track, damage, forgiven, clock)
        try:
            return mixdown, _returned(reader.read(mixdown))
        except ClockError:
            assert clock, "without a clock there are no times that could make no sense"
    raise AssertionError("unreachable")


def _returned(notices: Generator[None, None, tuple[AudioNotice, ...]]) -> tuple[AudioNotice, ...]:
    """Read to the end."""
    returned: list[tuple[AudioNotice, ...]] = []

    def read_on() -> Iterator[None]:
        returned.append((yield from notices))

    deque(read_on(), maxlen=0)
    return returned[0]


def codes(notices: tuple[AudioNotice, ...]) -> list[str]:
    return [notice.code for notice in notices]


def test_the_default_track_is_taken_and_the_others_are_mentioned(monkeypatch: pytest.MonkeyPatch) -> None:
    ffmpeg = Ffmpeg({0: Decoder(log(3, default=2)), 2: Decoder(log(3, default=2), (0.5,))})
    mixdown, (notice,) = read(monkeypatch, ffmpeg)
    assert np.unique(mixdown.finish()).tolist() == [0.5]
    assert ffmpeg.opened == [(0, True), (2, True)]
    assert notice.message.startswith("Audio track 3 of 3 was taken.")


def test_a_track_that_is_named_is_taken_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    ffmpeg = Ffmpeg({1: Decoder(log(3, default=2), (0.25,))})
    mixdown, notices = read(monkeypatch, ffmpeg, 2)
    assert mixdown.finish().tolist() == [0.25] * RATE
    assert notices == ()


@pytest.mark.parametrize(("track", "held"), [(0, "the first is 1"), (-1, "the first is 1"), (3, "it has 2")])
def test_a_track_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, track: int, held: str) -> None:
    ffmpeg = Ffmpeg({2: Decoder(log(2), (), sample_rate=0)})
    with pytest.raises(AudioError, match=f"there is no audio track {track}; {held}"):
        read(monkeypatch, ffmpeg, track)


def test_silence_in_gaps_is_told_in_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    _, (notice,) = read(monkeypatch, Ffmpeg({0: Decoder(log(), silence=RATE // 2)}))
    assert notice.code == "gap_filled"
    assert notice.message.startswith("0.50 s of silence")


@pytest.mark.parametrize(
    "contradicting",
    [
        Decoder(log(), silence=int(MAX_S * RATE / 2) + 1),
        Decoder(log(), (0.1,) * 11, silence=1),
        Decoder(log(), dropped=1),
    ],
    ids=["more silence than sound", "too long with silence", "sound that overlaps"],
)
def test_a_clock_that_makes_no_sense_is_left_out(
    monkeypatch: pytest.MonkeyPatch, contradicting: Decoder
) -> None:
    ffmpeg = Ffmpeg({0: contradicting}, Decoder(log(), (0.75,)))
    mixdown, notices = read(monkeypatch, ffmpeg)
    assert codes(notices) == ["clock_ignored"]
    assert mixdown.finish().tolist() == [0.75] * RATE, "nothing of the first try is left"
    assert ffmpeg.opened == [(0, True), (0, False)]


@pytest.mark.parametrize(
    ("declared", "length"), [(None, "more than 10.0 s"), (9.0, "more than 10.0 s"), (12.0, "12.0 s")]
)
def test_too_long_a_track_is_refused_with_its_length_where_that_is_known(
    monkeypatch: pytest.MonkeyPatch, declared: float | None, length: str
) -> None:
    said = log(duration_s=declared, has_picture=True)
    with pytest.raises(AudioTooLongError, match=f"recording: {length} of audio"):
        read(monkeypatch, Ffmpeg({0: Decoder(said, (0.1,) * 11)}))


def test_too_long_a_track_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = Decoder(log(duration_s=3600.0))
    monkeypatch.setattr(decoder, "blocks", lambda: pytest.fail("it was decoded"))
    with pytest.raises(AudioTooLongError, match=r"3600\.0 s of audio"):
        read(monkeypatch, Ffmpeg({0: decoder}))


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"duration_s": 2.5}, None),
        ({"duration_s": 2.6}, "it holds 2.00 of the 2.60 s that it declares"),
        ({"duration_s": 9.0, "duration_estimated": True}, None),
        ({"duration_s": 9.0, "has_picture": True}, None),
        ({"complaints": ["Invalid data"]}, 'ffmpeg says "Invalid data"'),
        ({"complaints": ["Invalid data", "b", "c"]}, 'ffmpeg says "Invalid data" and 2 more faults'),
    ],
)
def test_a_track_that_ends_early_or_is_complained_of_is_damaged(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, object], fault: str | None
) -> None:
    ffmpeg = Ffmpeg({0: Decoder(log(**said))})  # type: ignore[arg-type]
    if fault is None:
        assert read(monkeypatch, ffmpeg)[1] == ()
        return
    with pytest.raises(AudioError, match=f"recording: damaged: {fault}"):
        read(monkeypatch, ffmpeg)
    mixdown, _ = read(monkeypatch, ffmpeg, salvage=True)
    assert mixdown.duration_s == 2


def test_as_many_complaints_as_are_forgiven_are_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    ffmpeg = Ffmpeg({0: Decoder(log(complaints=["one"]))})
    assert read(monkeypatch, ffmpeg, forgiven=1)[1] == ()
