"""Text that a stranger writes to make a terminal obey: what commands and logs are tried on."""

from __future__ import annotations

import re

HOSTILE = "Hoi \x1b]52;c;cm0gLXJm\x07\x1b[2J\x9b31m\x85\u202eemit\u2066\u200b\r\n\x00\x08\x7f [red]x[/] \\"
"""Fills the clipboard, clears the screen, turns writing around, begins a line anew; rich's markup, too."""


def obeyed(shown: str, *, but: str = "") -> list[str]:
    """The characters of what was shown that a terminal obeys, line feeds and ``but`` (a pattern) aside."""
    rest = re.sub(but, "", shown) if but else shown
    return re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff]", rest)
