"""Reading tables that people saved from a spreadsheet: CSV of any flavour, numbers and days as they are written here.

Terms
    flavour    what a program chose: UTF-8, UTF-16 or Windows-1252; semicolon, comma or tab
    column     known by one of its names, in any order; upper and lower case alike
    place      the line of the file and the column's title, by which a person finds a cell

Promise: nothing is guessed. A number or day that two people would read differently is refused with what to write
instead. Values are given back as text; what they mean is the caller's.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

MOST_BYTES = 20_000_000
DELIMITERS = (";", ",", "\t")

_SPACES = re.compile(r"[\s\u00a0\u202f]")
_PLAIN = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:(?P<group>[.,])\d{3})(?:(?P=group)\d{3})*(?:(?!(?P=group))[.,]\d+)?")
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DUTCH = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_CLOCK = re.compile(r"(\d{1,6}):([0-5]\d)")


class TableError(ValueError):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its number in the file, and its cells by column; a column that the file lacks is empty."""

    line: int
    cells: Mapping[str, str]
    titles: Mapping[str, str]

    def place(self, column: str) -> str:
        """Where a cell stands, in words."""
        return f"line {self.line}, column {self.titles.get(column, column)}"


def decoded(data: bytes) -> str:
    """The text of a file. Raises :class:`TableError` for what is no text."""
    if len(data) > MOST_BYTES:
        raise TableError(f"it is larger than {MOST_BYTES // 1_000_000} MB; split it")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise TableError("it is no text; save it as CSV (UTF-8)")


def rows(text: str, columns: Mapping[str, Sequence[str]], optional: frozenset[str] = frozenset()) -> Iterator[Row]:
    """Yield the lines below the header; empty ones are left out.

    ``columns`` gives the names by which each column is known besides its own. Raises :class:`TableError` for a header
    that cannot be used, and for a line with other cells than the header has.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise TableError("it is empty")
    delimiter = max(DELIMITERS, key=first.count)
    try:
        yield from _rows(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True), columns, optional)
    except csv.Error as error:
        raise TableError(f"it is no proper CSV: {error}") from error


def number(text: str) -> Decimal:
    """A number as people write it: ``62,5``, ``62.5``, ``1.250,50``, ``€ 92,50``.

    Raises :class:`ValueError` for what is none, and for ``1.250``, which is read in two ways.
    """
    plain = _SPACES.sub("", text).removeprefix("€").removeprefix("EUR")
    if _AMBIGUOUS.fullmatch(plain):
        digits = re.sub(r"[.,]", "", plain)
        whole, cents = re.split(r"[.,]", plain)
        raise ValueError(
            f'"{text.strip()}" can be read in two ways; write {digits} or {whole},{cents.rstrip("0") or "0"}'
        )
    if _PLAIN.fullmatch(plain):
        return Decimal(plain.replace(",", "."))
    if (found := _GROUPED.fullmatch(plain)) is not None:
        return Decimal(plain.replace(found["group"], "").replace(",", "."))
    raise ValueError(f'"{text.strip()}" is no number; write 62,5 or 62.5')


def hours(text: str) -> Decimal:
    """A number of hours, also as ``3:15``. Raises :class:`ValueError`."""
    if (found := _CLOCK.fullmatch(text.strip())) is not None:
        return Decimal(found[1]) + Decimal(found[2]) / 60
    return number(text)


def day(text: str) -> date:
    """A day as ``2025-03-01``, ``1-3-2025`` or ``1.3.2025``: day before month.

    Raises :class:`ValueError` for what is none, and for ``1/3/2025``, which is another day elsewhere.
    """
    plain = text.strip()
    if (found := _ISO.fullmatch(plain)) is not None:
        year, month, number_of_day = (int(part) for part in found.groups())
    elif (found := _DUTCH.fullmatch(plain)) is not None:
        number_of_day, month, year = int(found[1]), int(found[3]), int(found[4])
        if found[2] == "/" and number_of_day != month and number_of_day <= 12:
            raise ValueError(f'"{plain}" can be read in two ways; write it as year-month-day')
    else:
        raise ValueError(f'"{plain}" is no day; write it as 2025-03-01')
    try:
        return date(year, month, number_of_day)
    except ValueError:
        raise ValueError(f'"{plain}" is a day that does not exist') from None


def _rows(reader: Iterator[list[str]], columns: Mapping[str, Sequence[str]], optional: frozenset[str]) -> Iterator[Row]:
    order: list[str] = []
    titles: dict[str, str] = {}
    line = 1
    for cells in reader:
        here, line = line, getattr(reader, "line_num", line) + 1
        if not any(cell.strip() for cell in cells):
            continue
        if not order:
            order = _order(cells, columns, optional)
            titles = {column: cell.strip() for column, cell in zip(order, cells, strict=True)}
            continue
        if len(cells) < len(order) or any(cell.strip() for cell in cells[len(order) :]):
            raise TableError(
                f"line {here} has {len(cells)} cells, the header {len(order)}; quote a cell that holds the delimiter"
            )
        found = dict(zip(order, (cell.strip() for cell in cells), strict=False))
        yield Row(here, {column: found.get(column, "") for column in columns}, titles)


def _order(cells: Sequence[str], columns: Mapping[str, Sequence[str]], optional: frozenset[str]) -> list[str]:
    """Which column stands where. Raises :class:`TableError` naming every title that is wrong."""
    known = {_folded(name): column for column, names in columns.items() for name in (column, *names)}
    problems, order = [], []
    for cell in cells:
        column = known.get(_folded(cell))
        if column is None:
            close = difflib.get_close_matches(_folded(cell), known, 1)
            hint = f"; did you mean {known[close[0]]}?" if close else ""
            problems.append(f'column "{cell.strip()}" is not known{hint}')
        elif column in order:
            problems.append(f'column "{cell.strip()}" stands there twice')
        order.append(column or "")
    problems += [f"column {column} is missing" for column in columns if column not in {*order, *optional}]
    if problems:
        raise TableError("; ".join(problems) + f". Columns are {', '.join(columns)}.")
    return order


def _folded(title: str) -> str:
    return re.sub(r"[\W_]+", " ", title).strip().casefold()
