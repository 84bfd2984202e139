"""A Jetson: its board, JetPack, power mode and clocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from edge_runtime.backends.cuda.jetson import is_jetson
from edge_runtime.doctor.host import Host
from edge_runtime.doctor.report import Finding, Jetson

_JETPACKS: Final[Mapping[str, str]] = {
    "36.3.0": "6.0",
    "36.4.0": "6.1",
    "36.4.3": "6.2",
    "36.4.4": "6.2.1",
    "36.5.0": "6.2.2",
    "36.5.2": "6.2.3",
    "38.2.0": "7.0",
    "38.2.1": "7.0",
    "38.4.0": "7.1",
    "39.2.0": "7.2",
    "39.2.1": "7.2.1",
}
"""L4T → JetPack, from https://developer.nvidia.com/embedded/jetpack-archive."""
_MAJORS: Final[Mapping[str, str]] = {"32": "4", "34": "5", "35": "5", "36": "6", "38": "7", "39": "7"}
_TOO_OLD: Final = ("4", "5", "6.0")
"""Releases of JetPack whose TensorRT is older than 10.3, which came with 6.1."""
_MHZ: Final = 1_000_000
_GPU_CLOCKS: Final = re.compile(r"gpu|g[av]\d\db|gb10b")
"""Names of devfreq devices: 17000000.gpu, 17000000.ga10b, gpu-gpc-0."""


def read_jetson(host: Host) -> Jetson | None:
    """Return what kind of Jetson a machine is; None for another machine."""
    if not is_jetson(host.root):
        return None
    l4t = _l4t(host)
    return Jetson(
        board=host.text("proc/device-tree/model") or None,
        l4t=l4t,
        jetpack=None if l4t is None else _JETPACKS.get(l4t) or _MAJORS.get(l4t.partition(".")[0]),
        power_mode=_current_mode(host)[1],
    )


def jetson_findings(host: Host, jetson: Jetson) -> Iterator[Finding]:
    """Yield what board, JetPack, power mode and clocks mean."""
    yield _release_finding(jetson)
    yield _power_finding(host)
    yield from _clock_findings(host)


def _l4t(host: Host) -> str | None:
    """Return the version of the board support package, from its file or, in its absence, from dpkg."""
    release = re.search(r"R(\d+) \(release\), REVISION: (\d+)\.(\d+)", host.text("etc/nv_tegra_release"))
    package = re.search(
        r"^Package: nvidia-l4t-core\n(?:[^\n]+\n)*?Version: (\d+)\.(\d+)\.(\d+)",
        host.text("var/lib/dpkg/status"),
        re.MULTILINE,
    )
    matched = release or package
    return ".".join(matched.groups()) if matched else None


def _release_finding(jetson: Jetson) -> Finding:
    board = jetson.board or "A Jetson of unknown board"
    if jetson.l4t is None:
        message = f"{board}: the version of JetPack cannot be read, as in most containers."
        return Finding(code="jetson", status="ok", message=message)
    release = f"L4T {jetson.l4t}"
    if jetson.jetpack is None:
        message = f"{board}: {release} is of no JetPack that is known here."
        return Finding(code="jetson", status="warning", message=message)
    if jetson.jetpack in _TOO_OLD:
        message = f"{board}: JetPack {jetson.jetpack} ({release}) has no TensorRT 10.3, the oldest supported."
        return Finding(code="jetson", status="failed", message=message)
    return Finding(code="jetson", status="ok", message=f"{board}, JetPack {jetson.jetpack} ({release}).")


def _power_finding(host: Host) -> Finding:
    number, name = _current_mode(host)
    if name is None:
        message = "The power mode cannot be read."
        return Finding(code="jetson.power", status="warning", message=message, hint="sudo nvpmodel -q")
    modes = {name: int(number) for number, name in _modes(host)}
    fastest = max(modes, key=_speed, default=name)
    if _speed(fastest) > _speed(name):
        message = f"The power mode is {name}; {fastest} is faster, and takes more power."
        hint = f"sudo nvpmodel -m {modes[fastest]}"
        return Finding(code="jetson.power", status="warning", message=message, hint=hint)
    stated = name if number is None else f"{name} (mode {number})"
    return Finding(code="jetson.power", status="ok", message=f"The power mode is {stated}.")


def _current_mode(host: Host) -> tuple[int | None, str | None]:
    """Return number and name of the power mode, from `nvpmodel` or from the file that it keeps."""
    printed = re.search(r"NV Power Mode: *(\S+)(?:\s+(\d+))?", host.output_of("nvpmodel", "-q"))
    if printed:
        return (int(printed[2]) if printed[2] else None), printed[1]
    stored = re.search(r"pmode:(\d+)", host.text("var/lib/nvpmodel/status"))
    if not stored:
        return None, None
    number = int(stored[1])
    return number, {int(each): name for each, name in _modes(host)}.get(number, f"mode {number}")


def _modes(host: Host) -> list[tuple[str, str]]:
    """Return number and name of each power mode of the board."""
    return re.findall(r"<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+)\s*>", host.text("etc/nvpmodel.conf"))


def _speed(mode: str) -> float:
    """Return a number that is larger for a faster mode, of names such as `15W` and `MAXN_SUPER`."""
    if mode.startswith("MAXN"):
        return 1e6 + len(mode)
    watts = re.match(r"(?:MODE_)?(\d+)W", mode)
    return float(watts[1]) if watts else 0.0


def _clock_findings(host: Host) -> Iterator[Finding]:
    for device in host.files("sys/class/devfreq/*"):
        if not _GPU_CLOCKS.search(device.name):
            continue
        now, low, high = (_mhz(host, device, name) for name in ("cur_freq", "min_freq", "max_freq"))
        if not high:
            continue
        code = f"jetson.clocks.{device.name}"
        if low == high:
            yield Finding(
                code=code, status="ok", message=f"The clock of {device.name} is pinned at {high} MHz."
            )
            continue
        message = (
            f"The clock of {device.name} is {now} MHz now and goes from {low} to {high} MHz with load, "
            f"so first steps are slower."
        )
        yield Finding(code=code, status="ok", message=message, hint="sudo jetson_clocks")


def _mhz(host: Host, device: Path, name: str) -> int:
    text = host.text(str((device / name).relative_to(host.root)))
    return int(text) // _MHZ if text.isdigit() else 0
