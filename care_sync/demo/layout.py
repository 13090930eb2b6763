"""How the demo lays out what it tells: headlines, labelled lines, quoted text.

Promise: text is wrapped here, at the same width on every terminal and in a pipe.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from textwrap import wrap

from rich.markup import escape

from care_sync.demo.agency import ZONE
from care_sync.terminal import console

WIDEST = 116
INDENT = 2
LABEL = 11


def headline(text: str, moment: datetime | None = None) -> None:
    """Begin a part of the story, told at an instant of it."""
    when = f"   {moment.astimezone(ZONE):%A %-d %B %Y, %H:%M}" if moment else ""
    console().print(f"\n[bold cyan]{escape(text)}[/][cyan]{when}[/]", soft_wrap=True)


def happening(moment: datetime, text: str, why: str) -> None:
    """Somebody does something, and what is to be seen in it."""
    first, *rest = wrap(text, WIDEST - INDENT - LABEL)
    console().print(
        f"\n  [bold]{moment.astimezone(ZONE):%H:%M}[/]{'':{LABEL - 5}}[bold]{escape(first)}[/]", soft_wrap=True
    )
    for line in rest:
        console().print(f"{'':{INDENT + LABEL}}[bold]{escape(line)}[/]", soft_wrap=True)
    told("", why, style="italic")


def told(label: str, text: str, *, style: str = "") -> None:
    """A line with its label before it; a long one goes on below itself."""
    begin, end = (f"[{style}]", "[/]") if style else ("", "")
    for place, line in enumerate(wrap(text, WIDEST - INDENT - LABEL, subsequent_indent="  " if not style else "")):
        shown = label if place == 0 else ""
        console().print(f"  [dim]{shown:{LABEL - 1}} [/]{begin}{escape(line)}{end}", soft_wrap=True)


def rows(label: str, lines: Sequence[str]) -> None:
    """Lines that stand below each other as they are, the first with the label."""
    for place, line in enumerate(lines):
        shown = label if place == 0 else ""
        console().print(f"  [dim]{shown:{LABEL - 1}} [/]{escape(line)}".rstrip(), soft_wrap=True)


def quoted(label: str, body: str) -> None:
    """What somebody reads, word for word."""
    lines = [part for line in body.splitlines() for part in wrap(line, WIDEST - INDENT - LABEL - 2) or [""]]
    for place, line in enumerate(lines):
        shown = label if place == 0 else ""
        console().print(f"  [dim]{shown:{LABEL - 1}} │[/] {escape(line)}".rstrip(), soft_wrap=True)
