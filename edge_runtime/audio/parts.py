"""Decode the parts of a recording with libsndfile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from edge_runtime.audio.damage import Damage
from edge_runtime.audio.decoders.sndfile import SoundFile, UnreadableError, open_sound
from edge_runtime.audio.mixdown import Mixdown
from edge_runtime.audio.plan import Part, Plan


def mix_parts(plan: Plan, mixdown: Mixdown, damage: Damage) -> Iterator[None]:
    """Decode the parts, one behind the other; yield after every block.

    Args:
        plan: of the recording.
        mixdown: takes the samples.
        damage: takes what is wrong.

    Raises:
        UnreadableError: libsndfile does not take the first part; nothing was decoded.
        AudioError: the recording is damaged or too long.
    """
    for number, part in enumerate(plan.parts, 1):
        yield from _mix_one(part, number, plan, mixdown, damage)


def _mix_one(part: Part, number: int, plan: Plan, mixdown: Mixdown, damage: Damage) -> Iterator[None]:
    try:
        with _open(part) as sound:
            expected = part.min_samples if part.noisy and not part.exact else sound.num_samples
            mixdown.require_room((expected or 0) / sound.sample_rate)
            if number == 1:
                damage.report(*plan.damage)
            yield from _mix_part(part, sound, mixdown, damage)
    except UnreadableError as error:
        if number == 1:
            raise
        damage.report(f"part {number} of {len(plan.parts)} is not readable ({error})")


@contextmanager
def _open(part: Part) -> Iterator[SoundFile]:
    """Open a part; where libsndfile would end too early, with the count that it needs."""
    with open_sound(part.file, noisy=part.noisy) as sound:
        if part.counted is None or sound.num_samples is None or sound.num_samples >= part.min_samples:
            yield sound
            return
    with open_sound(part.counted, noisy=part.noisy) as sound:
        yield sound


def _mix_part(part: Part, sound: SoundFile, mixdown: Mixdown, damage: Damage) -> Iterator[None]:
    if sound.lost_bytes is not None:
        damage.report(_holds(*sound.lost_bytes, "bytes of samples"))
    mixdown.begin(sound.sample_rate, sound.num_channels)
    num_samples = 0
    for block in sound.blocks(patient=damage.salvage):
        num_samples += len(block)
        mixdown.add(block)
        yield
    if part.exact and sound.num_samples is not None and num_samples < sound.num_samples:
        damage.report(_holds(num_samples, sound.num_samples, "samples"))
    elif sound.failure:
        damage.report(f"after {num_samples / sound.sample_rate:.2f} s it cannot be decoded ({sound.failure})")


def _holds(held: int, declared: int, unit: str) -> str:
    return f"it holds {held} of the {declared} {unit} that it declares"
