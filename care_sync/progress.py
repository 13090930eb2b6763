"""The progress of a pass, for whoever watches it on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from care_sync.terminal import errors


class ProgressBars:
    """Shows the stages of a pass on standard error, on a terminal only."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def stage(self, name: str) -> Callable[[int], None]:
        """A line for a stage, which counts what it was told of."""
        task = self._progress.add_task(name, total=None)

        def advance(count: int) -> None:
            self._progress.advance(task, count)

        return advance


@contextmanager
def watching() -> Iterator[ProgressBars]:
    """Progress while the block runs; silent where standard error is no terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors(), disable=not sys.stderr.isatty(), transient=True) as progress:
        yield ProgressBars(progress)
