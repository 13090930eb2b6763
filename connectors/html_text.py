"""What people read of an HTML body: its text, with a line for each block and break."""

from __future__ import annotations

from html.parser import HTMLParser

BLOCKS = frozenset({"div", "p", "li", "tr", "blockquote", "h1", "h2", "h3", "pre"})
HIDDEN = frozenset({"script", "style"})


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden += tag in HIDDEN
        if tag == "br" or (tag in BLOCKS and self.parts and self.parts[-1] != "\n"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in HIDDEN and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def text_of(html: str) -> str:
    """The text of a body, without white space around it."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    return "".join(parser.parts).strip()
