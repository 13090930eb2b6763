"""How a reader's language writes hours, dates, months and accounts.

Terms
    language    ``nl`` or ``en``: the languages in which templates exist
    locale      what a product says of a person: ``nl``, ``nl-BE``, ``en-US``, ``fr`` …

Promise: pure functions over Babel's data; the region of a locale counts for dates, its language for words.
Somebody whose language we do not write reads English; somebody without a locale reads the company's language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files
from typing import cast

import yaml
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal

from care_sync.model.account import Account
from care_sync.model.duration import rounded_clock
from care_sync.model.month import Month

LANGUAGES = ("nl", "en")
_MINUTE = 60
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Language:
    """One reader's language: ``code`` is ``nl`` or ``en``; ``locale`` is Babel's, with the region."""

    code: str
    locale: Locale

    @classmethod
    def of(cls, locale: str | None, default: str = "nl") -> Language:
        """Return the language for ``locale`` as a product writes it; without one, that of ``default``."""
        for candidate in (locale, default):
            if candidate:
                return cls._of_text(candidate)
        return cls._of_text("nl")

    @classmethod
    def _of_text(cls, text: str) -> Language:
        language = text.replace("_", "-").split("-")[0].lower()
        if language not in LANGUAGES:
            return cls("en", Locale("en", "GB"))
        try:
            return cls(language, Locale.parse(text.replace("-", "_")))
        except (UnknownLocaleError, ValueError):
            return cls(language, Locale(language))

    def hours(self, seconds: int) -> str:
        """``11700`` → ``3:15``: hours and minutes, to the nearest minute."""
        return rounded_clock(seconds)

    def hours_in_words(self, seconds: int) -> str:
        """``11700`` → ``3,25 uur`` / ``3.25 hours``: to the nearest hundredth of an hour."""
        hours = (Decimal(seconds) / _HOUR).quantize(Decimal("0.01"), ROUND_HALF_UP).normalize()
        return self._counted(hours, "hour")

    def minutes_in_words(self, seconds: int) -> str:
        """``60`` → ``1 minuut`` / ``1 minute``: to the nearest minute."""
        sign = -1 if seconds < 0 else 1
        minutes = sign * _rounded(Decimal(abs(seconds)) / _MINUTE)
        return self._counted(Decimal(minutes), "minute")

    def _counted(self, number: Decimal, unit: str) -> str:
        """The number and its unit in the right plural. (Babel 2.18 has no long Dutch pattern for hours.)"""
        pattern = self.word("unit", f"{unit}_{self.locale.plural_form(abs(number))}")
        return pattern.format(number=format_decimal(number, locale=self.locale))

    def money(self, amount: Decimal) -> str:
        """``92.5`` → ``€ 92,50`` / ``€92.50``."""
        return format_currency(amount, "EUR", locale=self.locale)

    def date(self, day: date) -> str:
        """``2026-10-05`` → ``5 oktober 2026`` / ``5 October 2026``, as the reader's region writes it."""
        return format_date(day, format="long", locale=self.locale)

    def month(self, month: Month) -> str:
        """``2026-10`` → ``oktober 2026`` / ``October 2026``."""
        return format_skeleton("yMMMM", month.first_day, locale=self.locale)

    def word(self, group: str, key: str) -> str:
        """What people call ``key`` of ``group`` (``route``, ``hour_card``); ``key`` itself when new to us."""
        return words(self.code).get(group, {}).get(key, key)

    def account(self, account: Account) -> str:
        """``card:7`` → ``strippenkaart 7``; ``invoice:2026-10`` → ``factuur van oktober 2026``."""
        pattern = self.word("account", account.kind)
        detail = account.of if account.month is None else self.month(account.month)
        return pattern.format(detail=detail).strip() if "{detail}" in pattern else pattern

    def text(self, texts: Mapping[str, str]) -> str:
        """The text of ``texts`` in this language, in any other when this one is missing."""
        return texts.get(self.code) or next((text for text in texts.values() if text), "")


def whole_minutes(seconds: Sequence[int]) -> list[int]:
    """Each as whole minutes, rounded so that they add up to the minutes of all together (largest remainder)."""
    minutes = [part // _MINUTE for part in seconds]
    missing = _rounded(Decimal(sum(seconds)) / _MINUTE) - sum(minutes)
    for place in sorted(range(len(seconds)), key=lambda place: -(seconds[place] % _MINUTE))[:missing]:
        minutes[place] += 1
    return minutes


@cache
def words(language: str) -> Mapping[str, Mapping[str, str]]:
    """Return the word list of ``language``: ``{group: {key: what people call it}}``."""
    text = files("care_sync.messages").joinpath(f"words/{language}.yaml").read_text(encoding="utf-8")
    return cast("Mapping[str, Mapping[str, str]]", yaml.safe_load(text))


def _rounded(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))
