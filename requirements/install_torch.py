"""Install torch without CUDA: `python install_torch.py REQUIREMENT INDEX LOCK`.

pip takes the build for CPUs from INDEX where that answers, and else from where it looks by itself. A build
that requires CUDA brings gigabytes: it is refused, unless INDEX does not end in "/cpu".
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Final

# A new environment has pip alone.
from pip._vendor.packaging.requirements import Requirement

PIP: Final = [sys.executable, "-m", "pip", "install", "--quiet"]
CUDA: Final = ("cuda", "nvidia", "triton")
REFUSAL: Final = """\
torch is not installed: the only build of {requirement} that pip finds requires CUDA, gigabytes of it.
{index} did not answer or has no build for this machine. Run make again with one of
  TORCH_INDEX=URL   another index of builds for CPUs; the URL ends in /cpu
  TORCH=FILE.whl    a build that you have
  TORCH_INDEX=https://pypi.org/simple   the build with CUDA
"""


def find_build(requirement: str, index: str) -> dict[str, Any] | None:
    """Return pip's report on the build that it would install; None where the environment has one."""
    # Few seconds for an index that does not answer; without --no-deps pip asks it for every dependency.
    options = ["--dry-run", "--no-deps", "--report", "-", "--timeout", "10", "--retries", "0"]
    done = subprocess.run(
        [*PIP, *options, "--extra-index-url", index, requirement], check=True, stdout=subprocess.PIPE
    )
    found = json.loads(done.stdout)["install"]
    return found[0] if found else None


def requires_cuda(build: dict[str, Any]) -> bool:
    """Tell whether a build requires CUDA on this machine."""
    declared = [Requirement(line) for line in build["metadata"].get("requires_dist", [])]
    here = [each for each in declared if each.marker is None or each.marker.evaluate({"extra": ""})]
    return any(each.name.startswith(CUDA) for each in here)


def main(requirement: str, index: str, lock: str) -> None:
    """Install what was found, or say why not."""
    build = find_build(requirement, index)
    if build is None:
        return
    if index.rstrip("/").endswith("/cpu") and requires_cuda(build):
        sys.exit(REFUSAL.format(requirement=requirement, index=index))
    url = build["download_info"]["url"]
    sys.stdout.write(f"torch: {url}\n")
    subprocess.run([*PIP, "--constraint", lock, f"torch @ {url}"], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
