"""What a message can speak of: the contexts that templates are filled with.

Terms
    words       one text in several languages, keyed ``nl`` and ``en``
    note        an internal comment that only agents read
    notice      something that a customer is informed of, once (kinds in :class:`NoticeKind`)
    reply       the public comment that carries a notice
    memo        something that we tell ourselves, once: a note or a mail (kinds in :class:`MemoKind`)

Promise: contexts hold facts, never formatted text. Durations are whole seconds, days are local dates of the
company, accounts are named as in the ledger (``card:7``, ``invoice:2026-10``). Every field is described here,
because site templates are written from this page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from care_sync.model.explanation import AccountTime
from care_sync.model.month import Month

Words = Mapping[str, str]
"""One text in several languages: ``{"nl": "…", "en": "…"}``."""


class MemoKind(StrEnum):
    """What we tell ourselves, each with a template of its name. A memo's first line is the subject of its mail.

    ``card_alert``     a customer's hour cards have come down to a level that was configured, for the account owner
    ``recalculation``  a card is due for recalculation, or was recalculated (H5), for the account owner
    ``estimate``       so much of an agreed estimate is used (M3, M4), for the agent
    """

    CARD_ALERT = "card_alert"
    RECALCULATION = "recalculation"
    ESTIMATE = "estimate"


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of the care policy: its id (``I3d``) and what it says, in words."""

    id: str
    text: Words


@dataclass(frozen=True, slots=True)
class Question:
    """A fact that is missing and matters: its name (``cause``) and the question to ask."""

    fact: str
    text: Words


@dataclass(frozen=True, slots=True)
class CardBalance:
    """An hour card as it stands now: ``bought_seconds`` in all, ``left_seconds`` of it unused."""

    card_id: str
    bought_on: date
    bought_seconds: int
    left_seconds: int


@dataclass(frozen=True, slots=True)
class Recalculated:
    """A recalculation of what was left on a card when it fell due: seconds and euro per hour before and after (H5)."""

    due_on: date
    left_before_seconds: int
    left_after_seconds: int
    old_rate: Decimal
    new_rate: Decimal


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A ``kind`` that the words of the ticket suggest, and the words that did. It decides nothing."""

    kind: str
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteContext:
    """What an internal note tells the agent.

    ``scope`` and ``next_step`` are the words of the decision; ``rules`` and ``clauses`` led to it. ``route`` is where
    the ticket's time stands, ``further`` where the next minute goes when that is elsewhere. ``time`` is the ticket's
    time so far by account; ``cards`` are the customer's cards with time left.
    ``customer`` is the organization's name, ``None`` when the ticket has none.
    """

    ticket_number: str
    scope: str
    route: str
    next_step: str
    reason: Words
    rules: tuple[str, ...] = ()
    clauses: tuple[Clause, ...] = ()
    questions: tuple[Question, ...] = ()
    time: tuple[AccountTime, ...] = ()
    cards: tuple[CardBalance, ...] = ()
    suggestion: Suggestion | None = None
    customer: str | None = None
    further: str | None = None


@dataclass(frozen=True, slots=True)
class ReplyContext:
    """What a customer is informed of.

    ``time`` is the time that the notice is about, by the account it stands on *now*: what is charged, or what
    was given back. ``reason`` is the decision's, where the notice has one. ``period`` (``2026-10``) is the
    month that closed, for ``charged_undetermined`` and ``credited_back``. ``card`` is the card that runs low
    and is always present for ``low_balance`` and ``recalculated``; ``cards_left_seconds`` is what all cards hold
    together, ``runs_out_on`` when they will be empty at the current rate, and ``rest_on_invoice`` whether time
    beyond them goes on the invoice (otherwise it waits for the next card). ``recalculation`` belongs to
    ``recalculated``.
    """

    ticket_number: str
    company: str
    requester: str | None = None
    customer: str | None = None
    time: tuple[AccountTime, ...] = ()
    reason: Words | None = None
    period: Month | None = None
    card: CardBalance | None = None
    cards_left_seconds: int | None = None
    runs_out_on: date | None = None
    rest_on_invoice: bool = True
    recalculation: Recalculated | None = None

    @property
    def seconds(self) -> int:
        """All the time that the notice is about."""
        return sum(part.seconds for part in self.time)


@dataclass(frozen=True, slots=True)
class AlertContext:
    """That a customer's cards run low: ``left_seconds`` of all of them, which is at or below ``level_seconds``.

    ``cards`` are all of the customer's, oldest purchase first; ``runs_out_on`` is when they will be empty at the
    current rate. ``ticket_number`` is the ticket whose work brought them there; ``customer_told`` whether the customer
    was told on it.
    """

    customer: str
    level_seconds: int
    left_seconds: int
    cards: tuple[CardBalance, ...]
    runs_out_on: date | None = None
    ticket_number: str | None = None
    customer_told: bool = False


@dataclass(frozen=True, slots=True)
class RecalculationContext:
    """That a card is due for recalculation (``applied`` is false: it waits for approval), or was recalculated.

    What the customer should read about it follows the memo, in Dutch and English.
    """

    customer: str
    card: CardBalance
    recalculation: Recalculated
    applied: bool


@dataclass(frozen=True, slots=True)
class EstimateContext:
    """That ``percent`` of an agreed estimate is used, or more: seconds that were estimated and that were worked."""

    ticket_number: str
    percent: int
    estimated_seconds: int
    worked_seconds: int
    customer: str | None = None


MemoContext = AlertContext | RecalculationContext | EstimateContext
