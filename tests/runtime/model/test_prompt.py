"""The order of the prompt."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.model.prompt import TEXT_INDEX, build_prompt
from tests.support.manifests import PROMPT

OFFICIAL_0_6B = (
    *(151644, 8948, 198, 151645, 198, 151644, 872, 198, 151669, 151676, 151676),
    *(151670, 151645, 198, 151644, 77091, 198, 11528, 6364, 151704),
)
"""Two audio tokens, no context, English forced."""


def test_the_released_ids_stand_in_the_released_order() -> None:
    spec = type(PROMPT)(
        before_context=(151644, 8948, 198),
        before_audio=(151645, 198, 151644, 872, 198, 151669),
        audio_id=151676,
        after_audio=(151670, 151645, 198, 151644, 77091, 198),
        text_tag="<asr_text>",
        text_tag_id=151704,
        eos_ids=(151643, 151645),
        special_ids=(),
    )
    assert tuple(build_prompt(spec, 2, force_ids=(11528, 6364, 151704)).ids) == OFFICIAL_0_6B


@given(
    num_audio=st.integers(0, 300), opening=st.lists(st.integers(10, 99)), force=st.lists(st.integers(10, 99))
)
def test_every_part_stands_once_and_audio_rows_count_up(
    num_audio: int, opening: list[int], force: list[int]
) -> None:
    prompt = build_prompt(PROMPT, num_audio, opening_ids=opening, force_ids=force)
    before = [*(opening or PROMPT.before_context), *PROMPT.before_audio]
    after = [*PROMPT.after_audio, *force]
    assert prompt.ids.tolist() == [*before, *[PROMPT.audio_id] * num_audio, *after]
    assert prompt.audio_index.tolist() == [
        *[TEXT_INDEX] * len(before),
        *range(num_audio),
        *[TEXT_INDEX] * len(after),
    ]
    assert len(prompt) == len(prompt.ids)
    assert prompt.ids.dtype == prompt.audio_index.dtype == np.int64
