"""The lines of the demo that the README shows.

``python -m tests.demo.excerpt`` plays the demo and puts its lines into the README.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

from care_sync.cli.main import run

README = Path(__file__).parents[2] / "README.md"
OPENS, CLOSES = "<!-- from the demo -->\n```text\n", "```\n"
GAP = "…"
FOLDER = ".demo"
"""Where the README's visitor has the demo's site; whoever plays it elsewhere reads this name all the same."""

PARTS = (
    ("One month of a web agency", "all tickets"),
    ("Minutes by account", "all time that counts "),
    ("Linked ", "Linked "),
    ("The same again", "  proven "),
    ("  09:20 ", "             CARE vragen: "),
    ("  ledger ", "  API calls "),
    ("  later ", "             │ - strippenkaart "),
)
"""What the first and the last line of each part begin with; each part is looked for after the one before it."""


class ExcerptError(Exception):
    """The demo does not show a part that the README is to show."""


def play(folder: Path) -> tuple[int, str]:
    """Play the demo in a folder; gives its exit code and what it printed."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        code = run(["demo", "--folder", str(folder)])
    return code, printed.getvalue().replace(str(folder), FOLDER)


def excerpt(lines: Sequence[str]) -> str:
    """The parts of the demo's lines, a gap between them. Raises :class:`ExcerptError` for a part that is not there."""
    return f"{GAP}\n".join(_parts(lines))


def shown() -> str:
    """The excerpt as the README shows it now."""
    _, _, rest = README.read_text(encoding="utf-8").partition(OPENS)
    return rest.partition(CLOSES)[0]


def _parts(lines: Sequence[str]) -> Iterator[str]:
    place = 0
    for first, last in PARTS:
        begin = _find(lines, first, place)
        end = _find(lines, last, begin) + 1
        yield "".join(f"{line}\n" for line in lines[begin:end])
        place = end


def _find(lines: Sequence[str], beginning: str, start: int) -> int:
    for place in range(start, len(lines)):
        if lines[place].startswith(beginning):
            return place
    raise ExcerptError(f"no line of the demo after line {start} begins with {beginning!r}")


def main() -> None:
    """Put the demo's lines into the README."""
    with TemporaryDirectory() as folder:
        code, text = play(Path(folder) / FOLDER)
    if code:
        sys.exit(code)
    page = README.read_text(encoding="utf-8")
    new = excerpt([line.rstrip() for line in text.splitlines()])
    README.write_text(page.replace(f"{OPENS}{shown()}{CLOSES}", f"{OPENS}{new}{CLOSES}"), encoding="utf-8")


if __name__ == "__main__":
    main()
