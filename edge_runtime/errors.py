"""Every error the project raises on purpose.

```
EdgeAsrError                      exit code
├── UsageError (ValueError)            2    a wrong flag, language or option
│   └── AudioTypeError (TypeError)     2    an object that is no recording
├── AudioError (ValueError)            4    audio that cannot be read or is not usable
│   ├── AudioNotFoundError (FileNotFoundError)
│   └── AudioTooLongError              4    longer than the bundle's limits
├── CheckpointError                    5    a checkpoint that is missing, damaged or of another family
├── BundleError                        5    a bundle that is missing or incomplete
│   ├── ManifestError                  5    a manifest that cannot be read or is from another version
│   ├── ChecksumError                  5    a file whose bytes are not the recorded ones
│   └── SignatureError                 5    a bundle that no trusted key has signed
├── BackendUnavailableError            6    a back end that is not installed or not usable here
│   ├── StaleEngineError               6    an engine built for another library or GPU
│   └── DeviceLostError                6    a GPU that failed for the rest of this process
├── GraphError                         6    a graph that does not do what the manifest says
├── ResourceError                      7    out of memory or disk
│   └── OutputError                    7    standard output that is closed or cannot be written
└── CheckFailedError                   8    a check the caller demanded did not pass
    └── ParityError                    8    a build that does not equal its reference
        └── EngineMismatchError        8    an engine that does not equal the graph it was built from
```

A message says what was requested, what stood in the way, and what to do next.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """Exit codes of the `edge-asr` command."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    SOME_INPUTS_FAILED = 3
    ALL_INPUTS_FAILED = 4
    BUNDLE = 5
    BACKEND = 6
    RESOURCES = 7
    CHECK_FAILED = 8
    HUNG_UP = 129
    INTERRUPTED = 130
    READER_GONE = 141
    TERMINATED = 143


class EdgeAsrError(Exception):
    """Base of all errors raised on purpose."""

    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL


class UsageError(EdgeAsrError, ValueError):
    """An invalid request: an unknown language, a flag out of range."""

    exit_code = ExitCode.USAGE


class AudioTypeError(UsageError, TypeError):
    """An object that cannot be taken as a recording."""


class AudioError(EdgeAsrError, ValueError):
    """Audio that cannot be read, or samples that are not usable."""

    exit_code = ExitCode.ALL_INPUTS_FAILED


class AudioNotFoundError(AudioError, FileNotFoundError):
    """An audio path that does not lead to a file."""


class AudioTooLongError(AudioError):
    """Audio longer than the bundle accepts in one piece."""


class CheckpointError(EdgeAsrError):
    """A checkpoint that is missing, incomplete, damaged, or of another model family."""

    exit_code = ExitCode.BUNDLE


class BundleError(EdgeAsrError):
    """A bundle that is missing or incomplete."""

    exit_code = ExitCode.BUNDLE


class ManifestError(BundleError):
    """A manifest that cannot be read, breaks its schema, or is of another version."""


class ChecksumError(BundleError):
    """A bundle file whose bytes differ from those recorded when it was built."""


class SignatureError(BundleError):
    """A bundle that is not signed by a key that the caller trusts."""


class BackendUnavailableError(EdgeAsrError):
    """A back end that is not installed, or has no usable device here."""

    exit_code = ExitCode.BACKEND


class StaleEngineError(BackendUnavailableError):
    """An engine that was built for another library or GPU; `rebuild` is the command that builds it anew."""

    def __init__(self, message: str, rebuild: str) -> None:
        super().__init__(message)
        self.rebuild = rebuild


class DeviceLostError(BackendUnavailableError):
    """A GPU error after which no call of this process succeeds; only a new process helps."""


class GraphError(EdgeAsrError):
    """A graph that the back end refuses, or whose tensors differ from the manifest."""

    exit_code = ExitCode.BACKEND


class ResourceError(EdgeAsrError):
    """Not enough memory or disk."""

    exit_code = ExitCode.RESOURCES


class OutputError(ResourceError):
    """Standard output that is closed or cannot be written, so that results are lost."""


class CheckFailedError(EdgeAsrError):
    """A check that the caller demanded did not pass (`--strict`, `--exact`, `--bar`)."""

    exit_code = ExitCode.CHECK_FAILED


class ParityError(CheckFailedError):
    """A graph whose outputs differ from the reference by more than the stated tolerance."""


class EngineMismatchError(ParityError):
    """An engine whose outputs are not those of its graph; `rebuild` is a command that may help, or None."""

    def __init__(self, message: str, rebuild: str | None = None) -> None:
        super().__init__(message)
        self.rebuild = rebuild
