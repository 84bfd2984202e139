"""`edge-asr info`: describe a bundle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from edge_runtime.alignment.verdict.match import DEFAULT_MATCH
from edge_runtime.bundle import manifest as manifest_format
from edge_runtime.bundle.bundle import Bundle, read_manifest
from edge_runtime.bundle.manifest import Kind, Manifest
from edge_runtime.bundle.specs import StrictStruct
from edge_runtime.bundle.trust import read_trust
from edge_runtime.cli import options
from edge_runtime.cli.bundles import choose_bundles, for_each_bundle
from edge_runtime.cli.terminal import emit
from edge_runtime.recognition.answers.confidence import confidence_of
from edge_runtime.text.languages import label

_MB: Final = 1e6
_KINDS: Final[dict[Kind, str]] = {"asr": "transcribes", "aligner": "aligns: times the words of a text"}


def info(
    bundles: options.Bundles = None,
    model: options.Model = None,
    trust: options.Trust = None,
    as_json: options.Json = False,
) -> None:
    """Describe bundles: model, graphs, languages, limits, where they came from."""
    folders = choose_bundles(bundles or (), model)
    single = len(folders) == 1

    def describe(folder: Path) -> None:
        bundle = read_manifest(folder, trust=read_trust(trust))
        if as_json:
            encoded = manifest_format.encode(bundle.manifest)
            emit(
                encoded.decode() if single else f"{msgspec.json.format(encoded, indent=-1).decode()}\n",
                end="",
            )
        else:
            emit("\n".join(_lines(bundle)), end="\n" if single else "\n\n")

    for_each_bundle(folders, describe)


def _lines(bundle: Bundle) -> Iterator[str]:
    manifest = bundle.manifest
    origin = manifest.provenance
    total = sum(entry.bytes for entry in manifest.files.values())
    yield f"bundle      {manifest.name}  ({bundle.directory}, {total / _MB:.1f} MB)"
    yield f"model       {origin.model_id}  {origin.architecture}, {origin.layout} layout"
    if origin.revision:
        yield f"revision    {origin.revision}"
    yield f"kind        {_KINDS[manifest.kind]}"
    yield f"target      {manifest.target}, {manifest.precision}"
    for name, component in sorted(manifest.components.items()):
        size = sum(entry.bytes for file, entry in manifest.files.items() if file.startswith(component.graph))
        detail = f"opset {component.opset}, {component.lowering}, {component.precision}"
        yield f"graph       {name:8} {component.graph}  ({detail}, {size / _MB:.1f} MB)"
        if component.engine is not None and component.engine.call_ms is not None:
            call = "pass" if manifest.kind == "aligner" else "step"
            where = f"measured on {component.engine.gpu} when it was compiled"
            yield f"speed       {name:8} {component.engine.call_ms:.2f} ms a {call}, {where}"
    yield from _geometry(manifest)
    yield f"languages   {', '.join(map(label, manifest.languages))}"
    tools = ", ".join(f"{name} {version}" for name, version in sorted(origin.tools.items()))
    yield f"built with  {tools}"
    yield f"built by    {origin.command}"
    yield f"manifest    sha256 {bundle.manifest_sha256}"


def _geometry(manifest: Manifest) -> Iterator[str]:
    limits, decoder, aligner = manifest.limits, manifest.decoder, manifest.aligner
    seconds = f"{limits.max_audio_s:.0f} s of audio"
    if decoder is not None:
        width, ids = decoder.hidden_size, decoder.vocab_size
        yield f"decoder     {decoder.num_layers} layers, width {width}, {ids} ids"
        yield f"limits      {seconds}, {limits.max_new_tokens} new tokens in one piece"
        confidence = confidence_of(manifest)
        below = f"decoded again below {confidence.doubtful_logprob:g}, low below {confidence.low_logprob:g}"
        yield f"confidence  {below} (mean log-probability, {_origin(manifest.confidence)})"
    if manifest.commit is not None:
        floor, shown = manifest.commit.min_logprob, manifest.commit.shown_min_logprob
        behind = f"stable above {floor:g} with {manifest.commit.hold_back} tokens behind"
        yield f"live text   {behind}, shown above {shown:g} (log-probability, measured)"
    if aligner is not None:
        width, step = aligner.hidden_size, aligner.bin_ms
        yield f"aligner     {aligner.num_classes} times, {step:g} ms apart; width {width}"
        one_pass = f"{aligner.max_audio_s:.0f} s and {aligner.max_positions} tokens"
        yield f"limits      {seconds}; {one_pass} in one pass"
        match = aligner.match or DEFAULT_MATCH
        texts = f"right texts match by {match.min_score:.2f} or more, words have {match.confidence:.2f}"
        yield f"confidence  {texts} ({_origin(aligner.match)})"


def _origin(spec: StrictStruct | None) -> str:
    return "default" if spec is None else "measured"
