"""The processor is named as the system names it."""

from __future__ import annotations

from pathlib import Path

from edge_runtime.doctor.host import Host
from edge_runtime.doctor.processor import cpu_findings, cpu_model, instructions, read_cpu
from tests.support.machine_trees import write


def test_the_processor_is_named_as_x86_and_arm_name_it() -> None:
    assert cpu_model("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n") == "Some CPU @ 2 GHz"
    assert cpu_model("processor\t: 0\nBogoMIPS\t: 1\n\nModel\t\t: Some Board 5\n") == "Some Board 5"
    assert cpu_model("processor\t: 0\n") is None


def test_instruction_sets_are_those_of_x86_and_arm() -> None:
    assert instructions("flags\t\t: fpu avx2 amx_int8 rtm\n") == ("avx2", "amx_int8")
    assert instructions("Features\t: fp asimd asimddp i8mm\n") == ("asimddp", "i8mm")
    assert instructions("processor\t: 0\n") == ()


def test_x86_without_avx2_is_a_warning_and_arm_without_it_is_not(tmp_path: Path) -> None:
    for cpuinfo, status, part in (
        ("flags\t\t: fpu sse4_2\n", "warning", "no AVX2"),
        ("Features\t: fp asimd asimddp\n", "ok", "asimddp"),
        ("processor\t: 0\n", "ok", "none of the instruction sets"),
    ):
        host = Host(root=tmp_path)
        write(tmp_path, "proc/cpuinfo", cpuinfo)
        (finding,) = cpu_findings(host, read_cpu(host))
        assert finding.status == status
        assert part in finding.message
