"""The accounts of a customer's ledger, debit positive, in whole seconds.

Terms
    standing account   where the seconds of a time entry stand: sla, a card, an invoice, …
    contra account     the other side: where the seconds came from
    left               what a card still holds: the negated balance of its account

``sla``  ``card:<id>``  ``invoice:<yyyy-mm>``  ``quote:<ref>``  ``fair_use:<yyyy-mm>``  ``pending``  ``review``
``waived``
and, as contra accounts, ``worked``  ``purchased``  ``recalculated``  ``adjusted``  ``written_off``.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

SLA = "sla"
PENDING = "pending"
REVIEW = "review"
WAIVED = "waived"

WORKED = "worked"
PURCHASED = "purchased"
RECALCULATED = "recalculated"
ADJUSTED = "adjusted"
WRITTEN_OFF = "written_off"
CONTRA = frozenset({WORKED, PURCHASED, RECALCULATED, ADJUSTED, WRITTEN_OFF})

_SHAPE = re.compile(
    r"sla|pending|review|waived|worked|purchased|recalculated|adjusted|written_off"
    r"|card:[1-9]\d*|(?:invoice|fair_use):\d{4}-(?:0[1-9]|1[0-2])|quote:[^\s:]+"
)


_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")


def is_period(text: str) -> bool:
    """Whether ``text`` is a month, written ``yyyy-mm``."""
    return _MONTH.fullmatch(text) is not None


def card(card_id: int) -> str:
    """The account of a card."""
    return f"card:{card_id}"


def invoice(period: str) -> str:
    """What is invoiced for a month (``yyyy-mm``)."""
    return f"invoice:{period}"


def fair_use(period: str) -> str:
    """What a month's allowance absorbs (K1, M5)."""
    return f"fair_use:{period}"


def quote(reference: str) -> str:
    """What a quote covers (Q1, O3); ``reference`` is the ticket that the quote belongs to."""
    return f"quote:{re.sub(r'[^A-Za-z0-9_.-]', '_', reference)}"


def is_account(name: str) -> bool:
    """Whether ``name`` is an account of the ledger."""
    return _SHAPE.fullmatch(name) is not None


def card_of(account: str) -> int | None:
    """The card that an account belongs to, ``None`` for every other account."""
    kind, _, reference = account.partition(":")
    return int(reference) if kind == "card" else None


def period_of(account: str) -> str | None:
    """The month in an account's name, ``None`` where it has none."""
    kind, _, reference = account.partition(":")
    return reference if kind in ("invoice", "fair_use") else None


def is_fair_use(account: str) -> bool:
    """Whether it is a month's allowance."""
    return account.startswith("fair_use:")


def moved_to(account: str, period: str) -> str:
    """The same account in another month; accounts without a month stay what they are."""
    kind, _, _reference = account.partition(":")
    return f"{kind}:{period}" if kind in ("invoice", "fair_use") else account


@cache
def period_of_date(day: date) -> str:
    """The month of a local date."""
    return f"{day:%Y-%m}"


def next_period(period: str) -> str:
    """The month after."""
    year, month = (int(part) for part in period.split("-"))
    return f"{year + month // 12}-{month % 12 + 1:02d}"
