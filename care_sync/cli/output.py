"""What commands say: answers to standard output, everything else to standard error.

Promise: ``--json`` prints one JSON document and nothing else; tables are for people and may change; a table that
goes into a pipe is not cut off at the width of a terminal that is not there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

WIDTH_IN_A_PIPE = 220


def console() -> Console:
    """Return the console of standard output."""
    return Console(width=None if sys.stdout.isatty() else WIDTH_IN_A_PIPE, highlight=False)


def errors() -> Console:
    """Return the console of standard error."""
    return Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else WIDTH_IN_A_PIPE)


def say(text: str) -> None:
    """Print a line of an answer as it is."""
    console().print(escape(text), soft_wrap=True)


def print_json(value: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()
) -> None:
    """Print a table; ``right`` names the columns with numbers."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    console().print(table)


def hours(seconds: int) -> str:
    """``11700`` → ``3:15``."""
    sign, minutes = ("-" if seconds < 0 else ""), (abs(seconds) + 30) // 60
    return f"{sign}{minutes // 60}:{minutes % 60:02}"


def local(instant: datetime | None, zone: ZoneInfo) -> str:
    """An instant as people of the company read it."""
    return "" if instant is None else instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def age(seconds: int) -> str:
    """``4000`` → ``1 h 6 min``: how long ago, in at most two units."""
    days, rest = divmod(seconds, 86_400)
    hours_, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    units = [(days, "d"), (hours_, "h"), (minutes, "min"), (left, "s")]
    told = [f"{number} {unit}" for number, unit in units if number]
    return " ".join(told[:2]) or "0 s"
