"""The aligner's prompt: bare audio, then units with two slots each."""

from __future__ import annotations

from edge_runtime.model.aligner_prompt import build_align_prompt, prompt_length, prompt_of_ids
from edge_runtime.model.prompt import TEXT_INDEX
from tests.support.tiny_aligner import aligner_spec

SPEC = aligner_spec()
START, AUDIO, END, SLOT = SPEC.audio_start_id, SPEC.audio_id, SPEC.audio_end_id, SPEC.slot_id


def test_the_prompt_is_audio_then_units_with_two_slots_each_and_nothing_else() -> None:
    prompt = build_align_prompt(SPEC, 2, [(7,), (8, 9)])
    assert prompt.ids.tolist() == [START, AUDIO, AUDIO, END, 7, SLOT, SLOT, 8, 9, SLOT, SLOT]
    assert prompt.audio_index.tolist() == [TEXT_INDEX, 0, 1, *[TEXT_INDEX] * 8]
    assert prompt.slot_index.tolist() == [5, 6, 9, 10]


def test_without_units_one_pair_of_slots_stands_alone() -> None:
    prompt = build_align_prompt(SPEC, 1, [])
    assert prompt.ids.tolist() == [START, AUDIO, END, SLOT, SLOT]
    assert prompt.slot_index.tolist() == [3, 4]


def test_a_prompt_is_read_back_from_its_ids() -> None:
    prompt = build_align_prompt(SPEC, 3, [(1,), ()])
    again = prompt_of_ids(SPEC, prompt.ids)
    assert again.audio_index.tolist() == prompt.audio_index.tolist()
    assert again.slot_index.tolist() == prompt.slot_index.tolist()


def test_the_length_is_known_before_the_prompt_is_built() -> None:
    for num_audio, unit_ids in ((0, []), (5, [(1, 2), (3,)]), (13, [()])):
        assert prompt_length(num_audio, unit_ids) == len(build_align_prompt(SPEC, num_audio, unit_ids))
