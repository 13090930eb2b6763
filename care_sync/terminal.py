"""What is shown to people: answers on standard output, everything else on standard error.

Foreign text (subjects, names of customers, descriptions of time) comes from whoever writes to the helpdesk. A terminal
would obey some of it: clear the screen, fill the clipboard, show another text than the one that is there.

Promise: such text is shown and never obeyed, whichever command prints it, and in the logs too. ``--json`` prints one
JSON document and nothing else; tables are for people and may change; a table that goes into a pipe is not cut off at
the width of a terminal that is not there.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.markup import escape
from rich.segment import Segment
from rich.table import Table

WIDTH_IN_A_PIPE = 220

_LINE_ENDS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_OBEYED = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f"  # controls, but for the line feed
    r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # line ends and directions of writing
    r"\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # what nobody sees
    r"\ud800-\udfff]"  # halves of characters
)


def one_line(text: object) -> str:
    """Text of whoever wrote it as one line that only shows: ``"a\\nb\\x1b[2J"`` → ``"a b\\\\x1b[2J"``.

    Line ends and tabs become a blank. Whatever a terminal would obey instead of showing is written out: control
    characters (the beginning of every escape sequence), marks that turn the direction of writing around, invisible
    marks, and halves of characters, which no terminal can be sent.
    """
    return harmless(_LINE_ENDS.sub(" ", str(text)))


def harmless(text: str) -> str:
    """Several lines that only show; see :func:`one_line`."""
    return _OBEYED.sub(_written_out, text)


def console() -> Console:
    """Return the console of standard output."""
    return _Screen(width=None if sys.stdout.isatty() else WIDTH_IN_A_PIPE, highlight=False)


def errors() -> Console:
    """Return the console of standard error."""
    return _Screen(stderr=True, highlight=False, width=None if sys.stderr.isatty() else WIDTH_IN_A_PIPE)


def takes_colors(stream: TextIO) -> bool:
    """Whether it is a terminal whose user did not ask for none (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def say(text: str) -> None:
    """Print one line of an answer."""
    console().print(escape(one_line(text)), soft_wrap=True)


def say_lines(text: str) -> None:
    """Print an answer of several lines, such as a letter."""
    for line in text.splitlines():
        say(line)


def complain(label: str, message: str, problems: Iterable[str] = ()) -> None:
    """Print what went wrong to standard error, and everything that is to be mended, each on a line of its own."""
    screen = errors()
    screen.print(f"[bold red]{escape(label)}:[/] {escape(one_line(message))}", soft_wrap=True)
    for problem in problems:
        screen.print(f"  [red]•[/] {escape(problem)}", soft_wrap=True)


def write(text: str) -> None:
    """Write a document to standard output: to the letter into a pipe, harmless on a terminal."""
    sys.stdout.write(harmless(text) if sys.stdout.isatty() else text)


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """Print one JSON document; with ``indent=None`` on one line."""
    sys.stdout.write(json_text(json.dumps(value, ensure_ascii=False, indent=indent)) + "\n")


def json_text(document: str) -> str:
    """The same JSON document, without a character that a terminal would obey: JSON's own escapes stand for them."""
    return _OBEYED.sub(lambda found: json.dumps(found[0])[1:-1], document)


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()
) -> None:
    """Print a table; ``right`` names the columns with numbers, and a title may begin with an empty line."""
    gap = "\n" if title.startswith("\n") else ""
    table = Table(
        title=gap + escape(one_line(title.removeprefix("\n"))),
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=None,
        pad_edge=False,
    )
    for column in columns:
        table.add_column(escape(column), justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(one_line(cell)) for cell in row))
    console().print(table)


class _Screen(Console):
    """A console to which nothing goes that a terminal would obey, but for what styles are made of."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.push_render_hook(_OnlyShown())


class _OnlyShown(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Shown(renderable) for renderable in renderables]


@dataclass(frozen=True, slots=True)
class _Shown:
    renderable: ConsoleRenderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self.renderable, options):
            yield segment if segment.control else Segment(harmless(segment.text), segment.style)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def local(instant: datetime | None, zone: ZoneInfo) -> str:
    """An instant as people of the company read it."""
    return "" if instant is None else instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def age(seconds: int) -> str:
    """``4000`` → ``1 h 6 min``: how long ago, in at most two units."""
    days, rest = divmod(seconds, 86_400)
    hours_, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    units = [(days, "d"), (hours_, "h"), (minutes, "min"), (left, "s")]
    parts = [f"{number} {unit}" for number, unit in units if number]
    return " ".join(parts[:2]) or "0 s"
