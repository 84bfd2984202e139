"""The processor is named as the system names it."""

from __future__ import annotations

from edge_runtime.doctor.processor import cpu_model, instructions


def test_the_processor_is_named_as_x86_and_arm_name_it() -> None:
    assert cpu_model("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n") == "Some CPU @ 2 GHz"
    assert cpu_model("processor\t: 0\nBogoMIPS\t: 1\n\nModel\t\t: Some Board 5\n") == "Some Board 5"
    assert cpu_model("processor\t: 0\n") is None


def test_instruction_sets_are_those_of_x86_and_arm() -> None:
    assert instructions("flags\t\t: fpu avx2 amx_int8 rtm\n") == ("avx2", "amx_int8")
    assert instructions("Features\t: fp asimd asimddp i8mm\n") == ("asimddp", "i8mm")
    assert instructions("processor\t: 0\n") == ()
