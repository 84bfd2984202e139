"""Flags of `edge-asr build-engines`, and the values that they take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias, get_args

import typer

from edge_export.quantize.rounding.methods import ROUNDING_NAMES
from edge_runtime.bundle import manifest

TARGETS: Final[tuple[manifest.Target, ...]] = get_args(manifest.Target)
PRECISIONS: Final = ("fp32", "fp16", "int8", "int8-w8a8", "int4")
LOWERINGS: Final = ("modern", "ort")
CACHE_DTYPES: Final = ("float32", "float16")
HUBS: Final = ("hf", "modelscope")
SYSTEMS: Final = ("jetpack-6.1", "jetpack-6.2", "jetpack-7.0", "jetpack-7.1", "jetpack-7.2")
ATTENTIONS: Final = ("fused", "decomposable", "primitive")


def _choice(text: str, choices: tuple[str, ...]) -> Any:
    """Return a flag whose help lists its values in place of `{}`."""
    return typer.Option(help=text.format(", ".join(choices)))


Model: TypeAlias = Annotated[
    str, typer.Argument(help="mini, mini-aligner, 0.6b, 1.7b, aligner, a checkpoint folder, or a hub id.")
]
Adapter: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="A LoRA adapter of PEFT, to merge into the weights."),
]
OutputDir: TypeAlias = Annotated[
    Path | None,
    typer.Option("--output-dir", "-o", help="The bundle's folder [default: engines/MODEL.TARGET.PRECISION]."),
]
Target: TypeAlias = Annotated[str, _choice("Back end: {}.", TARGETS)]
Precision: TypeAlias = Annotated[
    str | None,
    _choice("Of the weights: {} [default: the recipe's; without one fp32, for ort-cuda fp16].", PRECISIONS),
]
CalibrateOn: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="Recordings for a quantised precision: a folder, a list with audio and text, or a file.",
    ),
]
Rounding: TypeAlias = Annotated[
    str | None,
    _choice(
        "How codes are chosen: {} [default: gptq for weights alone with --calibrate-on, else least-squares].",
        ROUNDING_NAMES,
    ),
]
ModelDir: TypeAlias = Annotated[Path | None, typer.Option(help="Where hub downloads are kept.")]
Revision: TypeAlias = Annotated[str | None, typer.Option(help="Branch, tag or commit of a hub id.")]
LocalFilesOnly: TypeAlias = Annotated[bool, typer.Option("--local-files-only", help="Never use the network.")]
Source: TypeAlias = Annotated[str, _choice("Hub: {}.", HUBS)]
Recipe: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="Engine recipe: a name of engines/recipes, or a file [default: chosen by GPU]. "
        "For ort-cpu and ort-cuda a file with exceptions to the precision."
    ),
]
ComputeCapability: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(help="GPUs to compile for with tensorrt-rtx, as 8.6,8.9,12.0 [default: the recipe's]."),
]
Attention: TypeAlias = Annotated[
    str | None, _choice("How engines compute it: {} [default: the recipe's].", ATTENTIONS)
]
For: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--for",
        metavar="SYSTEM",
        help=f"Make a portable bundle, to be compiled there with `edge-asr compile`: {', '.join(SYSTEMS)}.",
    ),
]
TensorRT: TypeAlias = Annotated[
    str | None, typer.Option("--tensorrt", metavar="VERSION", help="Of that system, with --sm, as 10.3.")
]
Sm: TypeAlias = Annotated[
    str | None, typer.Option("--sm", metavar="CAPABILITY", help="Its GPU, with --tensorrt or --for, as 8.7.")
]
Lowering: TypeAlias = Annotated[
    str | None, _choice("How graphs for ONNX Runtime are written: {} [default: the faster].", LOWERINGS)
]
KvCacheDtype: TypeAlias = Annotated[
    str | None,
    _choice(
        "Of the decoder's cache with int8 and int4 on CPUs: {} [default: float32, the faster; float16 halves "
        "the memory of long recordings].",
        CACHE_DTYPES,
    ),
]
GateOn: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="LIST",
        help="Install only if these recordings, a list as of `eval`, are heard as in fp32.",
    ),
]
GateReference: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="BUNDLE", help="Compare with it [default: the fp32 bundle, built if missing]."),
]
GateLimit: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="Allow so much, as points=0.3 [default: by precision]."),
]
Force: TypeAlias = Annotated[bool, typer.Option("--force", help="Build everything again.")]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no warnings.")]
Verbose: TypeAlias = Annotated[
    bool, typer.Option("--verbose", "-v", help="Progress even where stderr is no terminal.")
]
