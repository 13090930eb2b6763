"""What people read of an HTML body: its text, with a line for each block and break.

Anybody can send us an HTML mail. So the body is cut first and then read once from front to back: whatever it holds, the
work grows with its length and with nothing else. Broken markup gives some text or other, and never an error.
"""

from __future__ import annotations

import html
import re

LONGEST_BODY = 200_000
"""Characters that are read; nobody writes more, and no rule reads as much."""
BLOCKS = frozenset({"div", "p", "li", "tr", "blockquote", "h1", "h2", "h3", "pre"})
HIDDEN = ("script", "style")
_TAG_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]*)")
_COMMENT, _COMMENT_END = "<!--", "-->"


def text_of(body: str) -> str:
    """The text of a body, without white space around it."""
    return "".join(_Reader(body[:LONGEST_BODY]).read()).strip()


class _Reader:
    """Reads a body from front to back; ``_at`` only ever grows."""

    def __init__(self, body: str) -> None:
        self._body = body
        self._lowered = body.lower() if body.isascii() else "".join(map(_lowered, body))
        self._at = 0
        self._parts: list[str] = []

    def read(self) -> list[str]:
        while self._at < len(self._body):
            opening = self._body.find("<", self._at)
            if opening < 0:
                opening = len(self._body)
            if opening > self._at:
                self._parts.append(html.unescape(self._body[self._at : opening]))
            self._at = opening
            if opening < len(self._body):
                self._take_tag()
        return self._parts

    def _take_tag(self) -> None:
        if self._body.startswith(_COMMENT, self._at):
            self._go_behind(_COMMENT_END)
            return
        name = _TAG_NAME.match(self._body, self._at + 1)
        if name is None and self._body[self._at + 1 : self._at + 2] not in ("!", "?"):
            self._parts.append("<")
            self._at += 1
            return
        is_closing, tag = self._body[self._at + 1] == "/", name[1].lower() if name else ""
        self._go_behind(">")
        if tag in HIDDEN and not is_closing:
            self._go_behind(f"</{tag}")
            self._go_behind(">")
        elif not is_closing and (tag == "br" or (tag in BLOCKS and self._parts and self._parts[-1] != "\n")):
            self._parts.append("\n")

    def _go_behind(self, text: str) -> None:
        """Go on behind the next ``text``; without one, nothing more is read."""
        end = self._lowered.find(text, self._at)
        self._at = len(self._body) if end < 0 else end + len(text)


def _lowered(character: str) -> str:
    """Lower case that keeps the place of everything behind it."""
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character
