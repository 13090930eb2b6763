"""What a customer must be told about a ticket, once each (I4). Pure.

Terms
    notice   something that the customer is told: its kind, and the month for what a closing charged
    key      how a notice that was given is remembered: ``turned_outside``, ``charged_undetermined:2026-10``
    told     the keys of all notices that were given, oldest first
    turn     a ticket that is decided otherwise than before

What is due follows from the decision that stands, the turn that led to it, what the ledger holds, and what was told:

    turned_outside         an incident that was undetermined or inside turned out to be outside, and is charged
    charged_undetermined   a month closed while the cause was unknown, and charged the time; once for each month
    credited_back          the customer was told one of these, and the incident turns out to be inside after all

That the customer must be told is the rules' word: a decision that cites the clause ``I4``. When a ticket that was
inside is outside because what was *agreed* is told otherwise, no cause became clear: a person tells the customer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from care_sync.model.account import Leg
from care_sync.model.agreement import AgreedField
from care_sync.model.clauses import UNDETERMINED
from care_sync.model.decision import DecisionChange
from care_sync.model.explanation import AccountTime, summed
from care_sync.model.month import Month
from care_sync.model.posted_change import PostedChange
from care_sync.model.posted_entry import PostedEntry
from rules.model.decision import Decision
from rules.model.words import Route, Scope


class NoticeKind(StrEnum):
    """What a customer is told, each with a template of its name.

    ``turned_outside``        the cause is known now and outside the SLA: the time so far is charged (I4)
    ``charged_undetermined``  the month closed while the cause was unknown: its time is charged (I4)
    ``credited_back``         what was charged so turned out to be inside: it is given back (I4)
    ``low_balance``           an hour card has come down to a level that was configured
    ``recalculated``          what was left on an hour card after twelve months is recalculated (H5)
    """

    TURNED_OUTSIDE = "turned_outside"
    CHARGED_UNDETERMINED = "charged_undetermined"
    CREDITED_BACK = "credited_back"
    LOW_BALANCE = "low_balance"
    RECALCULATED = "recalculated"


OF_AGREEMENT = frozenset(map(str, AgreedField))
"""Facts that follow from what was agreed, not from what happened."""
CHARGED = frozenset({NoticeKind.TURNED_OUTSIDE, NoticeKind.CHARGED_UNDETERMINED})
"""Notices after which a customer believes that the ticket is charged."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is due: the time that it is about, by account, and the month, where one closed. ``by_person``: not by us."""

    kind: NoticeKind
    time: tuple[AccountTime, ...] = ()
    period: Month | None = None
    also_told: tuple[str, ...] = ()
    by_person: bool = False

    @property
    def key(self) -> str:
        """How it is remembered."""
        return f"{self.kind.value}:{self.period}" if self.kind is NoticeKind.CHARGED_UNDETERMINED else self.kind.value

    @property
    def keys(self) -> tuple[str, ...]:
        """Everything that is told with it."""
        return (*self.also_told, self.key)


def due_notices(
    decision: Decision,
    turn: DecisionChange | None,
    standing: Iterable[PostedEntry],
    changes: Collection[PostedChange],
    told: Sequence[str],
    closed_through: Month | None,
) -> list[Notice]:
    """What the customer of a ticket must be told now.

    ``standing`` is what the ticket's time stands on, ``changes`` are what was just posted of it.
    """
    standing = list(standing)
    given = [_kind_of(key) for key in told if _kind_of(key) is not NoticeKind.LOW_BALANCE]
    last = given[-1] if given else None
    if decision.scope == Scope.INCLUDED:
        return [_credited_back(changes)] if last in CHARGED else []
    by_closing = [
        notice
        for notice in _charged_by_closing(standing)
        if notice.key not in _since_credited(told)
        and (
            last not in CHARGED
            or (closed_through is not None and notice.period is not None and notice.period <= closed_through)
        )
    ]
    if _has_turned_outside(decision, turn) and last is not NoticeKind.TURNED_OUTSIDE:
        time = summed(leg for posted in standing for leg in posted.shares if leg.account.is_charged)
        also_told = tuple(notice.key for notice in by_closing)
        return [Notice(NoticeKind.TURNED_OUTSIDE, time, also_told=also_told, by_person=_was_agreed_otherwise(turn))]
    return by_closing if decision.scope == Scope.UNDETERMINED else []


def _has_turned_outside(decision: Decision, turn: DecisionChange | None) -> bool:
    return (
        turn is not None
        and turn.before is not None
        and turn.before.scope != Scope.NOT_INCLUDED
        and decision.scope == Scope.NOT_INCLUDED
        and decision.route in (Route.HOUR_CARD, Route.INVOICE)
        and UNDETERMINED in decision.clauses
    )


def _was_agreed_otherwise(turn: DecisionChange | None) -> bool:
    """Whether a ticket that was inside is outside because what was agreed with its customer is another."""
    if turn is None or turn.before is None or turn.before.scope != Scope.INCLUDED:
        return False
    return not turn.differing.isdisjoint(OF_AGREEMENT)


def _charged_by_closing(standing: Iterable[PostedEntry]) -> list[Notice]:
    legs: dict[Month, list[Leg]] = {}
    for posted in standing:
        if posted.was_charged_while_pending:
            legs.setdefault(posted.period, []).extend(posted.shares)
    return [Notice(NoticeKind.CHARGED_UNDETERMINED, summed(many), period) for period, many in sorted(legs.items())]


def _credited_back(changes: Iterable[PostedChange]) -> Notice:
    """The time that was charged until now and is no longer, by where it stands now."""
    returned = [change for change in changes if any(leg.account.is_charged for leg in change.before)]
    legs = [leg for change in returned for leg in change.after if not leg.account.is_charged]
    periods = {change.corrected_period for change in returned}
    return Notice(NoticeKind.CREDITED_BACK, summed(legs), periods.pop() if len(periods) == 1 else None)


def _since_credited(told: Sequence[str]) -> Sequence[str]:
    """What was told since something was credited back last: it may be charged and told anew."""
    places = [place for place, key in enumerate(told) if key == NoticeKind.CREDITED_BACK.value]
    return told[places[-1] + 1 :] if places else told


def _kind_of(key: str) -> NoticeKind:
    return NoticeKind(key.partition(":")[0])
