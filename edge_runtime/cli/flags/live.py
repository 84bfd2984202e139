"""Flags of a live stream: where audio comes from, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final, TypeAlias, cast, get_args

import typer

from edge_runtime.cli import completion, options
from edge_runtime.cli.inputs.text_source import context_of
from edge_runtime.cli.live.outputs import OUTPUTS
from edge_runtime.cli.live.pcm import PcmFormat
from edge_runtime.errors import UsageError
from edge_runtime.streaming.commit.options import CommitOptions, PolicyName
from edge_runtime.streaming.options import Contract, StreamOptions

MICROPHONE: Final = "mic"
_RATE, _CHANNELS = 16_000, 1
_DEFAULTS: Final = StreamOptions()
_BUNDLES_POLICY: Final[PolicyName] = "probability"
_MAX_HELD_S: Final = 60.0

Source: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="SOURCE", help="An audio file, - for standard input (WAV), or mic."),
]
Realtime: TypeAlias = Annotated[
    bool, typer.Option("--realtime", help="Give a file at the speed at which it was spoken.")
]
Raw: TypeAlias = Annotated[
    bool, typer.Option("--raw", help="Standard input is samples without a header: s16le.")
]
Rate: TypeAlias = Annotated[
    int | None, typer.Option("--rate", min=1, help=f"Rate of --raw in Hz. [default: {_RATE}]")
]
Channels: TypeAlias = Annotated[
    int | None, typer.Option("--channels", min=1, help=f"Channels of --raw. [default: {_CHANNELS}]")
]
InputDevice: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--input-device", metavar="NAME", help="Microphone, by number or name. [default: the system's]"
    ),
]
ListDevices: TypeAlias = Annotated[bool, typer.Option("--list-devices", help="List microphones and end.")]
Emit: TypeAlias = Annotated[
    str,
    typer.Option(
        "--emit",
        autocompletion=completion.choices(OUTPUTS),
        help="text: a line a sentence; ndjson: an event a line; srt: subtitles.",
    ),
]
ContractFlag: TypeAlias = Annotated[
    str,
    typer.Option(
        "--contract",
        autocompletion=completion.choices(get_args(Contract)),
        help="exact: final texts are those of `run`; append: no stable word is taken back.",
    ),
]
Policy: TypeAlias = Annotated[
    str,
    typer.Option(
        "--policy",
        autocompletion=completion.choices(get_args(PolicyName)),
        help=f"When words become stable: {', '.join(get_args(PolicyName))}.",
    ),
]
Hop: TypeAlias = Annotated[
    float, typer.Option("--hop", min=0, help="Seconds between hypotheses; 0 chooses 0.5 or 1 by itself.")
]
MaxLatency: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--max-latency-ms",
        min=500,
        help="Drop the oldest audio that waits longer. [default: a minute for mic, never for others]",
    ),
]
EndpointSilence: TypeAlias = Annotated[
    int, typer.Option("--endpoint-silence-ms", min=1, help="Silence that ends a text.")
]
AlignerBundle: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--aligner",
        metavar="BUNDLE",
        autocompletion=completion.bundles,
        help="Time the words of each text: an event `words`, and cues of srt.",
    ),
]
Verbose: TypeAlias = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Also say which bundle runs."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFlags:
    """A source, and how it is transcribed."""

    source: Source = MICROPHONE
    realtime: Realtime = False
    raw: Raw = False
    rate: Rate = None
    channels: Channels = None
    input_device: InputDevice = None
    list_devices: ListDevices = False
    emit: Emit = "text"
    language: options.Language = "auto"
    context: options.Context = None
    contract: ContractFlag = _DEFAULTS.contract
    policy: Policy = _BUNDLES_POLICY
    hop: Hop = _DEFAULTS.hop_sec or 0.0
    max_latency_ms: MaxLatency = None
    endpoint_silence_ms: EndpointSilence = _DEFAULTS.endpoint.silence_ms
    aligner: AlignerBundle = None
    quiet: options.Quiet = False
    verbose: Verbose = False

    def require_sense(self) -> None:
        """Refuse flags that contradict each other.

        Raises:
            UsageError: they do, or a value is unknown.
        """
        if self.emit not in OUTPUTS:
            raise UsageError(f"--emit {self.emit!r} is unknown; choose {', '.join(OUTPUTS)}.")
        if self.raw and self.source != options.STDIN:
            raise UsageError("--raw is for standard input. Give - as the source.")
        if not self.raw and (self.rate, self.channels) != (None, None):
            raise UsageError("--rate and --channels describe --raw samples. Give --raw, or leave them out.")
        if self.input_device is not None and self.source != MICROPHONE:
            raise UsageError("--input-device names a microphone. Give mic as the source, or leave it out.")
        if self.aligner is not None and self.emit == "text":
            raise UsageError("--aligner times words, and text shows none. Choose --emit srt or ndjson.")
        if self.is_recording and not self.realtime and self.max_latency_ms is not None:
            raise UsageError(
                "--max-latency-ms drops audio, and a file can wait. Give --realtime, or leave it out."
            )

    @property
    def is_recording(self) -> bool:
        """Whether the source is a file."""
        return self.source not in (options.STDIN, MICROPHONE)

    def raw_format(self) -> PcmFormat | None:
        """Return the format of bare samples, None where they have a header; raises as `PcmFormat`."""
        return PcmFormat(self.rate or _RATE, self.channels or _CHANNELS) if self.raw else None

    @property
    def drops(self) -> bool:
        """Whether audio is dropped where decoding does not keep up."""
        return self.source == MICROPHONE or self.max_latency_ms is not None

    @property
    def max_held_s(self) -> float:
        """Most seconds of audio that wait before the stream takes them; it holds as many besides."""
        return _MAX_HELD_S if self.max_latency_ms is None else self.max_latency_ms / 2000

    def stream_options(self) -> StreamOptions:
        """Return the options of the stream; raises `UsageError` as they do."""
        chosen = _DEFAULTS
        return replace(
            chosen,
            language=self.language.strip() or None,
            context=context_of(self.context),
            hop_sec=self.hop or None,
            contract=cast("Contract", self.contract),
            commit=self._commit_options(),
            endpoint=replace(
                chosen.endpoint,
                silence_ms=self.endpoint_silence_ms,
                end_pad_ms=min(chosen.endpoint.end_pad_ms, self.endpoint_silence_ms),
            ),
            max_buffer_sec=min(chosen.max_buffer_sec, self.max_held_s),
        )

    def _commit_options(self) -> CommitOptions | None:
        """Return the figures of a policy, None for that of which the bundle states them."""
        policy = self.policy.replace("-", "_")
        if policy not in get_args(PolicyName):
            raise UsageError(
                f"--policy {self.policy!r} is unknown; choose {', '.join(get_args(PolicyName))}."
            )
        return None if policy == _BUNDLES_POLICY else CommitOptions(policy=cast("PolicyName", policy))
