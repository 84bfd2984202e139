"""The table of what a step reads, against figures counted by hand."""

from __future__ import annotations

import pytest

from edge_export.checkpoint.released import released_config
from edge_export.engine.device_table import DEVICES, default_plan
from edge_export.engine.recipes.recipe import shipped_recipes
from edge_export.engine.recipes.step_bytes import StepBytes, document, step_bytes

ROW = 28 * 2 * 8 * 128 * 2


def test_a_step_reads_the_weights_and_the_rows_of_its_bucket() -> None:
    step = StepBytes(weights=1000, row=10, buckets=(4, 8, 16))
    assert step.before == 1160
    assert [step.now(rows) for rows in (1, 4, 5, 16)] == [1040, 1040, 1080, 1160]
    assert step.now(17) is None


@pytest.mark.parametrize(("model", "weights"), [("0.6b", 1192e6), ("1.7b", 3441e6)])
def test_both_models_have_equal_rows_and_their_own_weights(model: str, weights: float) -> None:
    config = released_config(model)
    step = step_bytes(default_plan(DEVICES[0], config), config, "fp16")
    assert (step.row, step.buckets) == (ROW, (512, 1024))
    assert step.weights == pytest.approx(weights, rel=1e-3)


def test_the_table_has_both_models_in_every_recipe_with_a_decoder() -> None:
    rows = [line.split(" | ") for line in document().splitlines()[2:]]
    assert {(row[0].removeprefix("| "), row[2]) for row in rows} == {
        (name, model) for name in shipped_recipes() for model in ("0.6b", "1.7b")
    }
    assert {row[3] for row in rows} == {"fp16", "int8", "int4"}
    (thor,) = (row for row in rows if row[:4] == ["| thor", "legacy", "0.6b", "int8"])
    assert thor[6:10] == ["1066", "655", "713", "1066"]
