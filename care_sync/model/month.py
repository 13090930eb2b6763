"""A calendar month, written ``yyyy-mm``.

A :class:`Month` *is* its text form: it compares, sorts, and lies in a column or a JSON document as it stands, and a
text that is no month cannot become one. Which days belong to it is the local calendar of the company.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

_SHAPE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")


class Month(str):
    """A month, ``2026-10``. Raises :class:`ValueError` for any other text."""

    __slots__ = ()

    def __new__(cls, text: str) -> Month:
        """Take the text form."""
        if not _is_month(text):
            raise ValueError(f"{text!r} is not a month; write it as yyyy-mm, such as 2026-10")
        return super().__new__(cls, text)

    @classmethod
    def of(cls, day: date) -> Month:
        """The month of a local date."""
        return _month_of(day.year, day.month)

    @staticmethod
    def is_valid(text: str) -> bool:
        """Whether a text is a month."""
        return _is_month(text)

    @property
    def year(self) -> int:
        """The calendar year."""
        return int(self[:4])

    @property
    def number(self) -> int:
        """1 for January."""
        return int(self[5:])

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return self.next.first_day - timedelta(days=1)

    @property
    def next(self) -> Month:
        """The month after."""
        return self.plus(1)

    @property
    def previous(self) -> Month:
        """The month before."""
        return self.plus(-1)

    def plus(self, months: int) -> Month:
        """So many months later; earlier where ``months`` is negative."""
        year, month = divmod(self.year * 12 + self.number - 1 + months, 12)
        return _month_of(year, month + 1)

    def months_since(self, earlier: Month) -> int:
        """How many months lie between ``earlier`` and this one."""
        return (self.year - earlier.year) * 12 + self.number - earlier.number


@lru_cache(maxsize=4096)
def _is_month(text: str) -> bool:
    return _SHAPE.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _month_of(year: int, month: int) -> Month:
    return Month(f"{year:04d}-{month:02d}")
