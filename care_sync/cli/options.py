"""The options that stand before the command."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """``config`` is the settings file, where one was named; ``verbose`` wants logs and defects in full."""

    config: Path | None = None
    verbose: bool = False
