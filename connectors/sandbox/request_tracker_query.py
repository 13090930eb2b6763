"""Request Tracker's two ways of asking for rows: its query language, as far as connectors use it, and lists in JSON.

Terms
    condition   ``field operator value``; several are joined by AND and OR, with brackets
    reader      what gives the value of a field of a row, and reads what it is compared with

As in the product, times in a query are read in the asking user's time zone, and what has another form than
``2026-11-24 12:00:00`` is misread.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

Row = TypeVar("Row")
Reader = Callable[[Any], Any]
TOKEN = re.compile(r"\s*(?:(\(|\)|>=|<=|!=|=|>|<)|'((?:[^'\\]|\\.)*)'|(CF\.\{[^}]*\})|([A-Za-z][\w.]*|-?\d+))")
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
JSON_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    **OPERATORS,
    "STARTSWITH": lambda found, given: str(found).lower().startswith(str(given).lower()),
    "LIKE": lambda found, given: str(given).lower() in str(found).lower(),
}


class NotUnderstood(Exception):
    """A query that the product would refuse; it says how."""


class Query:
    """A query that was read; ``fields`` are those that it names."""

    def __init__(self, text: str, fields: Iterable[str], zone: str = "UTC") -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._known = {name.lower(): name for name in fields}
        self._zone = ZoneInfo(zone or "UTC")
        self.fields: set[str] = set()
        self._meets = self._either()
        if self._tokens:
            raise NotUnderstood(f"Wrong query, expecting an AGGREGATOR in '{text}'")

    def meets(self, read: Callable[[str], Any]) -> bool:
        """Whether a row meets it; ``read`` gives the row's value of a field."""
        return self._meets(read)

    def _either(self) -> Callable[[Callable[[str], Any]], bool]:
        parts = [self._both()]
        while self._take("OR"):
            parts.append(self._both())
        return lambda read: any(part(read) for part in parts)

    def _both(self) -> Callable[[Callable[[str], Any]], bool]:
        parts = [self._one()]
        while self._take("AND"):
            parts.append(self._one())
        return lambda read: all(part(read) for part in parts)

    def _one(self) -> Callable[[Callable[[str], Any]], bool]:
        if self._take("("):
            inner = self._either()
            if not self._take(")"):
                raise NotUnderstood("Incomplete query, last element is not close paren or value")
            return inner
        if len(self._tokens) < 3 or self._tokens[1] not in OPERATORS:
            kind = "OPERATOR" if len(self._tokens) == 2 else "KEYWORD"
            told = f"Incomplete query, last element ({kind}) is not close paren or value"
            raise NotUnderstood(f"{told} in '{self._text}'")
        word, sign, given = (self._tokens.pop(0) for _ in range(3))
        name = word if word.startswith("CF.{") else self._known.get(word.lower())
        if name is None:
            raise NotUnderstood(f"Unknown field: {word}")
        self.fields.add(name)
        return lambda read: self._compare(read(name), sign, given)

    def _compare(self, found: Any, sign: str, given: str) -> bool:
        if isinstance(found, datetime):
            at = self._instant(given)
            if sign == "=":
                return found.astimezone(self._zone).date() == at.astimezone(self._zone).date()
            return OPERATORS[sign](found, at)
        if isinstance(found, int):
            return OPERATORS[sign](found, int(given))
        values = found if isinstance(found, list) else [found]
        return any(OPERATORS[sign](str(value), given) for value in values)

    def _instant(self, given: str) -> datetime:
        try:
            return datetime.strptime(given, "%Y-%m-%d %H:%M:%S").replace(tzinfo=self._zone).astimezone(UTC)
        except ValueError:
            raise NotUnderstood(f"a time that the product would misread: {given}") from None

    def _take(self, word: str) -> bool:
        if self._tokens and self._tokens[0].upper() == word:
            self._tokens.pop(0)
            return True
        return False


def meets_json(conditions: Sequence[Mapping[str, Any]], read: Callable[[str], Any]) -> bool:
    """Whether a row meets a list of conditions: one of those that name the same field, for every field."""
    met: dict[str, bool] = {}
    for condition in conditions:
        found, given = read(condition["field"]), condition["value"]
        if isinstance(found, int):
            given = int(given)
        holds = JSON_OPERATORS[condition.get("operator", "=")](found, given)
        met[condition["field"]] = met.get(condition["field"], False) or holds
    return all(met.values())


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        matched = TOKEN.match(text, at)
        if matched is None:
            raise NotUnderstood(f"Wrong query, expecting a KEYWORD in '{text[at:]}'")
        found.append(next(part for part in matched.groups() if part is not None))
        at = matched.end()
    return found
