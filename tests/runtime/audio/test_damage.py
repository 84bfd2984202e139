"""Damage refuses a recording, or is told of what was taken."""

from __future__ import annotations

import pytest

from edge_runtime.audio.damage import Damage
from edge_runtime.errors import AudioError


def test_the_first_fault_refuses_with_the_way_to_take_the_rest() -> None:
    damage = Damage("talk.wav", salvage=False)
    damage.report()
    assert list(damage.notices()) == []
    with pytest.raises(AudioError, match=r"^talk\.wav: damaged: it ends early\. .*--salvage\.$"):
        damage.report("it ends early", "and more")


@pytest.mark.parametrize(
    ("faults", "listed"),
    [
        ("a", "a"),
        ("aba", "a; b"),
        ("abc", "a; b; c"),
        ("abcd", "a; b; c; 1 more faults"),
        ("abcdea", "a; b; c; 2 more faults"),
    ],
)
def test_faults_of_what_is_salvaged_are_told_once_and_few(faults: str, listed: str) -> None:
    damage = Damage("talk.wav", salvage=True)
    for fault in faults:
        damage.report(fault)
    (notice,) = damage.notices()
    assert (notice.code, notice.message) == ("partial", f"Damaged: {listed}. What could be read was taken.")
