"""The accounts of a customer's ledger, debit positive, in whole seconds.

Terms
    standing account   where the seconds of a time entry stand: the SLA, a card, an invoice, …
    contra account     the other side: where the seconds came from
    left               what a card still holds: the negated balance of its account
    leg                seconds on one account; the legs of a transaction sum to zero

``sla``  ``card:<id>``  ``invoice:<yyyy-mm>``  ``quote:<reference>``  ``fair_use:<yyyy-mm>``  ``pending``  ``review``
``waived``
and, as contra accounts, ``worked``  ``purchased``  ``recalculated``  ``adjusted``  ``written_off``.

An :class:`Account` *is* its name, so that it lies in a column as it stands; a name that
is no account cannot become one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from care_sync.model.month import Month


class AccountKind(StrEnum):
    """What an account is for: the part of its name before the colon."""

    SLA = "sla"
    CARD = "card"
    INVOICE = "invoice"
    QUOTE = "quote"
    FAIR_USE = "fair_use"
    PENDING = "pending"
    REVIEW = "review"
    WAIVED = "waived"
    WORKED = "worked"
    PURCHASED = "purchased"
    RECALCULATED = "recalculated"
    ADJUSTED = "adjusted"
    WRITTEN_OFF = "written_off"

    @property
    def is_contra(self) -> bool:
        """Whether it is the other side of a booking, on which no entry's time stands."""
        return self in _CONTRA

    @property
    def is_charged(self) -> bool:
        """Whether the customer pays for what stands there: with a card, or on an invoice."""
        return self in (AccountKind.CARD, AccountKind.INVOICE)

    @property
    def is_of_a_month(self) -> bool:
        """Whether there is one for each month."""
        return self in (AccountKind.INVOICE, AccountKind.FAIR_USE)


_CONTRA = frozenset(
    {
        AccountKind.WORKED,
        AccountKind.PURCHASED,
        AccountKind.RECALCULATED,
        AccountKind.ADJUSTED,
        AccountKind.WRITTEN_OFF,
    }
)

_SHAPE = re.compile(
    r"sla|pending|review|waived|worked|purchased|recalculated|adjusted|written_off"
    r"|card:[1-9][0-9]*|(?:invoice|fair_use):[0-9]{4}-(?:0[1-9]|1[0-2])|quote:[^\s:]+"
)
_UNFIT_FOR_A_NAME = re.compile(r"[^A-Za-z0-9_.-]")


class Account(str):
    """An account, by its name: ``card:7``. Raises :class:`ValueError` for any other text."""

    __slots__ = ()

    def __new__(cls, name: str) -> Account:
        """Take the name."""
        if not _is_account(name):
            raise ValueError(f"there is no account {name!r}")
        return super().__new__(cls, name)

    @classmethod
    def card(cls, card_id: int) -> Account:
        """The account of an hour card."""
        return cls(f"card:{card_id}")

    @classmethod
    def invoice(cls, month: Month) -> Account:
        """What is invoiced for a month."""
        return cls(f"invoice:{month}")

    @classmethod
    def fair_use(cls, month: Month) -> Account:
        """What a month's allowance absorbs (K1, M5)."""
        return cls(f"fair_use:{month}")

    @classmethod
    def quote(cls, reference: str) -> Account:
        """What a quote covers (Q1, O3); ``reference`` is the ticket that the quote belongs to."""
        return cls(f"quote:{_UNFIT_FOR_A_NAME.sub('_', reference)}")

    @staticmethod
    def is_valid(name: str) -> bool:
        """Whether a text names an account."""
        return _is_account(name)

    @property
    def kind(self) -> AccountKind:
        """What it is for."""
        return AccountKind(self.partition(":")[0])

    @property
    def of(self) -> str:
        """What it is the account of: a card's number, a month, a quote's reference; empty where there is just one."""
        return self.partition(":")[2]

    @property
    def card_id(self) -> int | None:
        """The card that it belongs to, ``None`` for every other account."""
        return int(self[5:]) if self.startswith("card:") else None

    @property
    def month(self) -> Month | None:
        """The month in its name, ``None`` where it has none."""
        return Month(self.of) if self.kind.is_of_a_month else None

    @property
    def is_charged(self) -> bool:
        """Whether the customer pays for what stands on it."""
        return self.startswith(("card:", "invoice:"))

    @property
    def is_fair_use(self) -> bool:
        """Whether it is a month's allowance."""
        return self.startswith("fair_use:")

    def in_month(self, month: Month) -> Account:
        """The same account of another month; accounts without a month stay what they are."""
        return Account(f"{self.kind}:{month}") if self.kind.is_of_a_month else self


@lru_cache(maxsize=65536)
def _is_account(name: str) -> bool:
    return _SHAPE.fullmatch(name) is not None


SLA = Account("sla")
PENDING = Account("pending")
REVIEW = Account("review")
WAIVED = Account("waived")

WORKED = Account("worked")
PURCHASED = Account("purchased")
RECALCULATED = Account("recalculated")
ADJUSTED = Account("adjusted")
WRITTEN_OFF = Account("written_off")
CONTRA = frozenset({WORKED, PURCHASED, RECALCULATED, ADJUSTED, WRITTEN_OFF})
"""Every contra account."""


@dataclass(frozen=True, slots=True)
class Leg:
    """Seconds on one account, debit positive."""

    account: Account
    seconds: int
