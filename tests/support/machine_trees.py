"""File trees that stand in for the root of other machines."""

from __future__ import annotations

from pathlib import Path
from typing import Final

GB: Final = 1_000_000_000
ORIN_MODES: Final = """\
< PM_CONFIG DEFAULT=0 >
< POWER_MODEL ID=0 NAME=15W >
< POWER_MODEL ID=1 NAME=25W >
< POWER_MODEL ID=2 NAME=MAXN_SUPER >
< POWER_MODEL ID=3 NAME=7W >
"""
THOR_MODES: Final = "< POWER_MODEL ID=0 NAME=MAXN >\n< POWER_MODEL ID=1 NAME=120W >\n"
ARM_CPU: Final = "processor\t: 0\nFeatures\t: fp asimd aes asimddp\nCPU part\t: 0xd42\n"
X86_CPU: Final = "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu avx2 fma{more}\n"


def write(root: Path, name: str, text: str) -> Path:
    """Write a file of the tree."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def write_program(root: Path, name: str, script: str) -> None:
    """Write a program of the tree."""
    write(root, f"usr/sbin/{name}", f"#!/bin/sh\n{script}\n").chmod(0o755)


def write_memory(root: Path, total: int, available: int, swaps: str = "") -> None:
    """Write the sizes, in bytes, and the lines of `/proc/swaps` after its head."""
    text = f"MemTotal:       {total // 1024} kB\nMemAvailable:   {available // 1024} kB\n"
    write(root, "proc/meminfo", text)
    write(root, "proc/swaps", f"Filename\tType\tSize\tUsed\tPriority\n{swaps}")


def orin_nano(root: Path) -> Path:
    """JetPack 6.2 as it is after flashing: 8 GB, zram alone, mode 15W, clocks that follow the load."""
    write(
        root, "proc/device-tree/model", "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super\0"
    )
    write(root, "etc/nv_tegra_release", "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic\n")
    write(root, "etc/os-release", 'NAME="Ubuntu"\nPRETTY_NAME="Ubuntu 22.04.5 LTS"\n')
    write(root, "etc/nvpmodel.conf", ORIN_MODES)
    write_program(root, "nvpmodel", "printf 'NV Power Mode: 15W\\n0\\n'")
    write(root, "proc/cpuinfo", ARM_CPU)
    write_memory(root, 8 * GB, 6 * GB, "/dev/zram0 partition\t635072\t0\t5\n")
    gpu = "sys/class/devfreq/17000000.gpu"
    for name, mhz in (("cur_freq", 306), ("min_freq", 306), ("max_freq", 625)):
        write(root, f"{gpu}/{name}", f"{mhz}000000\n")
    write(root, "sys/class/devfreq/15340000.vic/cur_freq", "1\n")
    return root


def thor(root: Path) -> Path:
    """JetPack 7.2 on a T5000, in its fastest mode with pinned clocks; `nvpmodel` is not to be had."""
    write(root, "proc/device-tree/model", "NVIDIA Jetson AGX Thor Developer Kit\0")
    write(
        root,
        "var/lib/dpkg/status",
        "Package: nvidia-l4t-core\nStatus: install ok installed\nVersion: 39.2.0-20260701000000\n\n",
    )
    write(root, "etc/nvpmodel.conf", THOR_MODES)
    write(root, "var/lib/nvpmodel/status", "pmode:0000\n")
    write(root, "proc/cpuinfo", ARM_CPU.replace("asimddp", "asimddp i8mm bf16 sve2"))
    write_memory(root, 123 * GB, 110 * GB)
    for name in ("cur_freq", "min_freq", "max_freq"):
        write(root, f"sys/class/devfreq/gpu-gpc-0/{name}", "1575000000\n")
    return root


def desktop(root: Path, *, flags: str = " avx_vnni", gpu: bool = False) -> Path:
    """An x86-64 machine with 32 GB, with or without an NVIDIA GPU on its PCI bus."""
    write(root, "proc/cpuinfo", X86_CPU.format(more=flags))
    write_memory(root, 32 * GB, 20 * GB, "/swapfile file\t8388604\t0\t-2\n")
    write(root, "sys/bus/pci/devices/0000:00:1f.0/vendor", "0x8086\n")
    if gpu:
        write(root, "sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n")
        write(root, "sys/bus/pci/devices/0000:01:00.0/class", "0x030000\n")
    return root
