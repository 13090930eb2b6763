"""The words on which the rules and the code that acts on them agree, each written down once.

A rules file says ``then: hour_card`` and the ledger draws a card; a rules file that said ``then: card`` would make it
draw nothing. So what the code acts on are these enums, and :mod:`rules.model.contract` holds files to them.
"""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """Whether a ticket is inside the customer's SLA (S1–S3, I1–I4)."""

    INCLUDED = "included"
    NOT_INCLUDED = "not_included"
    UNDETERMINED = "undetermined"


class Route(StrEnum):
    """Where a decision sends time. ``hour_card`` and ``invoice`` are both *chargeable*: cards decide (H2)."""

    SLA = "sla"
    HOUR_CARD = "hour_card"
    INVOICE = "invoice"
    QUOTE = "quote"
    FAIR_USE = "fair_use"
    PENDING = "pending"
    REVIEW = "review"

    @property
    def is_chargeable(self) -> bool:
        """Whether the customer pays for it by the hour."""
        return self in (Route.HOUR_CARD, Route.INVOICE)

    @property
    def is_judged(self) -> bool:
        """Whether a person's verdict can matter to it (K1, O4, X1)."""
        return self in (Route.FAIR_USE, Route.REVIEW)


class NextStep(StrEnum):
    """What whoever handles the ticket does next (M1–M3, O1, O2)."""

    DO_NOW = "do_now"
    ESTIMATE = "estimate"
    AWAIT_APPROVAL = "await_approval"
    DELIVER = "deliver"
    ROUGH_ESTIMATE = "rough_estimate"
    MAKE_QUOTE = "make_quote"
    ASK = "ask"
    REVIEW = "review"
    HANDLE = "handle"
    NONE = "none"


class Activity(StrEnum):
    """Kinds of work that clauses C1, W1, W3 and M5 tell apart; ``work`` is every other."""

    WORK = "work"
    ADMINISTRATION = "administration"
    INTAKE = "intake"
    ALIGNMENT = "alignment"
    EXTRA_WORK = "extra_work"


class Estimate(StrEnum):
    """How an estimate stands with the customer (M3)."""

    NONE = "none"
    GIVEN = "given"
    AGREED = "agreed"


class FactName(StrEnum):
    """Facts that code fills or reads by name; a rules file may declare others besides."""

    KIND = "kind"
    CHANNEL = "channel"
    REPORTED_ON = "reported_on"
    EXPECTED_MINUTES = "expected_minutes"
    ESTIMATE = "estimate"
    SLA = "sla"
    COVERED_SERVICES = "covered_services"
    HOUR_CARD = "hour_card"
    ACTIVITY = "activity"
    FAIR_USE_LEFT_MINUTES = "fair_use_left_minutes"


TELL_THE_CUSTOMER = "I4"
"""The clause that says that the customer is told at once; a decision that cites it leads to a reply."""
