"""A statement as a document: PDF for people, CSV for spreadsheets, in Dutch or English.

The layout is ``statement.typ``, a template that Typst sets; it gets every text and number ready to print, as data, so
that nothing that a ticket says can be taken for layout. Typst's own fonts are used and none of the machine's, so that
the document is the same everywhere; a site can add fonts for scripts that they lack.

Promise: the same statement gives the same bytes. Durations are given to the second wherever a minute would not be the
whole truth, so that every column adds up to its total.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from care_sync.billing.statement import CardLine, Movement, Statement
from care_sync.billing.tables import csv_text
from care_sync.billing.texts import one_line, shortened
from care_sync.errors import UserError
from care_sync.messages import Language
from care_sync.model.duration import clock
from care_sync.model.month import Month

LONGEST_SUBJECT, LONGEST_WHAT = 120, 200
_LONG_WORD = re.compile(r"\S{30,}")
_PIECE = re.compile(r"\S{8}(?=\S)")
_BREAK = "\N{ZERO WIDTH SPACE}"


def statement_as_pdf(statement: Statement, language: Language, company: str, fonts: Path | None = None) -> bytes:
    """Set a statement as PDF (A4). Raises :class:`UserError` when ``fonts`` cannot be used."""
    if fonts is not None and not fonts.is_dir():
        raise UserError(f"{fonts} is no directory with fonts", ["make it, or take out ledger.statement.fonts"])
    data = json.dumps(_data(statement, language, company), ensure_ascii=False)
    return typst.compile(_template(), format="pdf", font_paths=_fonts(fonts), sys_inputs={"data": data})


def statement_as_csv(statement: Statement, language: Language) -> str:
    """One row a movement, between the opening and the closing balance; seconds, and the balance after each."""
    word = _words(language)
    columns = ("date", "kind", "ticket", "subject", "what", "who", "clause", "correction_of", "time", "balance")
    names = [word(name) if name != "correction_of" else word("corrections") for name in columns]
    left = statement.opening
    days = statement.days
    rows: list[Sequence[object]] = [(days[0], word("opening"), *[""] * 7, left)]
    for movement in statement.movements:
        left += movement.seconds
        rows.append(
            (
                movement.day,
                language.word("movement", movement.kind),
                movement.ticket_number,
                movement.subject,
                movement.what,
                movement.who,
                " ".join(movement.clauses),
                movement.corrects or "",
                movement.seconds,
                left,
                " ".join(f"{card_id}:{seconds}" for card_id, seconds in sorted(movement.cards.items())),
                movement.entry_key or "",
            )
        )
    rows.append((days[-1], word("closing"), *[""] * 7, left))
    rows = [(*row, *[""] * (12 - len(row))) for row in rows]
    return csv_text([*names, word("cards_moved"), word("entry")], rows)


class _Rows:
    """Movements as the document prints them, each with the balance after it."""

    def __init__(self, language: Language, shows_seconds: bool, opening: int) -> None:
        self._language = language
        self._shows_seconds = shows_seconds
        self._left = opening

    def time(self, seconds: int) -> str:
        """Hours, with a minus sign and not a hyphen."""
        return clock(seconds, with_seconds=self._shows_seconds).replace("-", "\N{MINUS SIGN}")

    def row(self, movement: Movement) -> dict[str, str]:
        """The cells of one movement."""
        self._left += movement.seconds
        what = _printable(movement.what, LONGEST_WHAT)
        if len(movement.cards) > 1 and movement.entry_key is None:
            card = _words(self._language)("card").lower()
            what = ", ".join(f"{card} {key} {self.time(seconds)}" for key, seconds in sorted(movement.cards.items()))
        subject = _printable(movement.subject, LONGEST_SUBJECT)
        return {
            "date": f"{movement.day:%d-%m-%Y}",
            "ticket": f"#{movement.ticket_number}" if movement.ticket_number else "",
            "title": subject or self._language.word("movement", movement.kind),
            "what": what,
            "who": _printable(movement.who, LONGEST_SUBJECT),
            "clause": ", ".join(movement.clauses),
            "time": self.time(movement.seconds),
            "balance": self.time(self._left),
        }


def _data(statement: Statement, language: Language, company: str) -> dict[str, Any]:
    """Everything that the template prints."""
    word = _words(language)
    shows_seconds = _shows_seconds(statement)
    rows = _Rows(language, shows_seconds, statement.opening)
    told, row = rows.time, rows.row
    return {
        "language": language.code,
        "company": one_line(company),
        "customer": one_line(statement.organization.name),
        "month": language.month(statement.period),
        "words": {key: word(key) for key in _PRINTED},
        "about": word("about_seconds" if shows_seconds else "about"),
        "chart_text": word("chart_text").format(opening=told(statement.opening), closing=told(statement.closing)),
        "is_provisional": not statement.is_closed,
        "summary": [
            {"label": label, "time": told(seconds)}
            for label, seconds in _summary(statement, language).items()
            if seconds
        ],
        "opening": told(statement.opening),
        "closing": told(statement.closing),
        "cards": [_card(line, language, told) for line in statement.cards],
        "movements": [row(other) for other in statement.others],
        "deductions": [row(deduction) for deduction in statement.deductions],
        "deducted": told(sum(deduction.seconds for deduction in statement.deductions)),
        "corrections": [
            {
                "title": word("correction_of").format(month=language.month(month)),
                "rows": [row(movement) for movement in of_month],
                "total": told(sum(movement.seconds for movement in of_month)),
            }
            for month, of_month in _by_month(statement.corrections).items()
        ],
        "elsewhere": [
            {"label": language.word("elsewhere", kind), "time": told(seconds)}
            for kind, seconds in statement.elsewhere.items()
        ],
        "chart": [statement.opening, *statement.by_day()],
        "axis": [{"at": seconds, "label": told(seconds)} for seconds in _axis(statement)],
        "days": [day.day for day in statement.days],
    }


_PRINTED = (
    "title", "period", "made_of", "provisional", "opening", "closing", "balance", "cards", "card", "bought_on",
    "hours_bought", "chart", "deductions", "corrections", "movements", "elsewhere", "elsewhere_text", "date", "ticket",
    "subject", "who", "clause", "time", "total", "none", "no_card", "page", "of", "kind",
)  # fmt: skip
"""The words of the template."""


def _summary(statement: Statement, language: Language) -> dict[str, int]:
    """What happened, by kind; the parts sum to closing less opening."""
    parts: dict[str, int] = {}
    for other in statement.others:
        label = language.word("movement", other.kind)
        parts[label] = parts.get(label, 0) + other.seconds
    word = _words(language)
    parts[word("deducted")] = sum(deduction.seconds for deduction in statement.deductions)
    parts[word("corrected")] = sum(correction.seconds for correction in statement.corrections)
    return parts


def _by_month(corrections: Iterable[Movement]) -> dict[Month, list[Movement]]:
    """Corrections by the month that they correct, in order."""
    months: dict[Month, list[Movement]] = {}
    for correction in corrections:
        if correction.corrects is not None:
            months.setdefault(correction.corrects, []).append(correction)
    return months


def _card(line: CardLine, language: Language, told: Any) -> dict[str, str]:
    reference = f" ({_printable(line.card.reference, LONGEST_SUBJECT)})" if line.card.reference else ""
    return {
        "card": f"{line.card.card_id}{reference}",
        "bought_on": language.date(line.card.bought_on),
        "bought": told(line.card.seconds),
        "opening": told(line.opening),
        "closing": told(line.closing),
    }


def _shows_seconds(statement: Statement) -> bool:
    """Whether any duration that is printed is no whole minutes; then all of them show seconds."""
    printed = [movement.seconds for movement in statement.movements] + list(statement.elsewhere.values())
    for line in statement.cards:
        printed += [line.opening, line.closing, line.card.seconds]
    return any(seconds % 60 for seconds in printed)


def _axis(statement: Statement) -> list[int]:
    """Where the chart's lines lie: whole hours, a handful, from nought (or below) to above the highest balance."""
    values = [statement.opening, *statement.by_day()]
    lowest, highest = min(0, *values), max(3600, *values)
    step = next(
        hours * 3600
        for hours in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 10**6)
        if (highest - lowest) <= hours * 18000
    )
    first = lowest // step * step
    return list(range(first, highest + step, step))


def _printable(text: str, most: int) -> str:
    """On one line, not too long, and with places where a very long word may be broken."""
    return _LONG_WORD.sub(lambda word: _PIECE.sub(rf"\g<0>{_BREAK}", word[0]), shortened(one_line(text), most))


def _words(language: Language) -> Any:
    return lambda key: language.word("statement", key)


@cache
def _fonts(directory: Path | None) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[] if directory is None else [str(directory)])


@cache
def _template() -> bytes:
    return files("care_sync.billing").joinpath("statement.typ").read_bytes()
