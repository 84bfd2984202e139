"""What is transcribed, and in which order; what an earlier run has settled is delivered on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from edge_runtime.cli.many.items import Item, Outcome, content_of
from edge_runtime.cli.many.progress import Progress
from edge_runtime.cli.many.results import Results
from edge_runtime.cli.many.resumption import Resumption


@dataclass
class Schedule:
    """Items that are still to be done.

    Attributes:
        items: all.
        results: takes what is settled.
        resumption: what earlier runs did, if the command goes on with them.
        progress: told of every item.
        suspects: items during which a process ended; they are done last, and each alone, so that it is known
            which of them it is.
    """

    items: Sequence[Item]
    results: Results
    resumption: Resumption | None
    progress: Progress
    suspects: list[Item] = field(default_factory=list)

    def first(self) -> Iterator[Item]:
        """Yield the items to transcribe, without suspects."""
        for item in map(self._identified, self.items):
            if self.resumption and self._is_settled(self.resumption, item):
                self.progress.finish(item, None)
            elif self.resumption and self.resumption.is_suspect(item):
                self.suspects.append(item)
            else:
                yield self._taken(item)

    def last(self) -> Iterator[Item]:
        """Yield the suspects."""
        yield from map(self._taken, self.suspects)

    def take(self, item: Item, outcome: Outcome) -> None:
        """Deliver what became of an item; raises as `Results.take`."""
        self.results.take(item, outcome)
        result = outcome.result
        self.progress.finish(item, None if isinstance(result, Exception) else result.audio.duration_s)

    def _identified(self, item: Item) -> Item:
        return replace(item, sha256=content_of(item.recording)) if self.resumption else item

    def _taken(self, item: Item) -> Item:
        if self.resumption:
            self.resumption.begin(item)
        self.progress.take(item.name)
        return item

    def _is_settled(self, resumption: Resumption, item: Item) -> bool:
        """Deliver an item again that an earlier run has done, or tell again why it failed."""
        if known := resumption.transcript_of(item):
            transcript, is_whole = known
            if is_whole:
                self.results.skip(item, "an earlier run did it", transcript)
            else:  # its files are missing, changed, or those of another name
                self.results.take(item, Outcome(transcript, tries=0))
            return True
        if failure := resumption.failure_of(item):
            self.results.refuse(item, failure)
            return True
        return False
