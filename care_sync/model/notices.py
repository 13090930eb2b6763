"""What a customer must be told about a ticket, once each (I4). Pure.

Terms
    notice   something that the customer is told: its kind, and the month for what a closing charged
    key      how a notice that was given is remembered: ``turned_outside``, ``charged_undetermined:2026-10``
    told     the keys of all notices that were given, oldest first
    turn     a ticket that was just decided otherwise than before

What is due follows from the decision that stands, what the ledger holds, and what was told; never from what a pass
happened to see before:

    turned_outside         an incident that could have been inside is outside and charged, and nobody said so
    charged_undetermined   a month closed while the cause was unknown, and charged the time; once for each month
    credited_back          the customer was told one of these, and the incident is inside after all

That the customer must be told is the rules' word: a decision that cites the clause ``I4``. Of an incident that was
outside from the start, because its customer has no SLA, nothing became clear. When a ticket that was inside is outside
because what was *agreed* is told otherwise, no cause became clear either: a person tells the customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from care_sync.model.account import Leg
from care_sync.model.agreement import AgreedField
from care_sync.model.clauses import UNDETERMINED
from care_sync.model.decision import DecisionChange
from care_sync.model.explanation import AccountTime, summed
from care_sync.model.month import Month
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
OUTSIDE_BEFORE = "outside_before"
"""Kept among what was told, of a ticket that was outside before CareSync told of tickets by their state: it is not told
anew, nor is its credit."""
AFTER_QUIET = frozenset({NoticeKind.TURNED_OUTSIDE, NoticeKind.CREDITED_BACK})
"""Notices that rest on what somebody filled in, and that a slip of the mouse can make due."""
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
    told: Sequence[str],
    closed_through: Month | None,
    *,
    is_open_at_first: bool = True,
) -> list[Notice]:
    """What the customer of a ticket must be told, as things stand.

    ``standing`` is what the ticket's time stands on. ``is_open_at_first`` says that what was known when the ticket came
    in left it open whether it is inside. What a credit comes to, :func:`care_sync.model.credited.credited_time` tells.
    """
    standing = list(standing)
    recent = since_credited(told)
    kinds = [kind for key in recent if (kind := _kind_of(key)) in CHARGED]
    if decision.scope == Scope.INCLUDED:
        return [Notice(NoticeKind.CREDITED_BACK)] if kinds else []
    by_closing = [
        notice
        for notice in _charged_by_closing(standing)
        if notice.key not in recent
        and (
            not kinds or (closed_through is not None and notice.period is not None and notice.period <= closed_through)
        )
    ]
    if is_charged_outside(decision):
        by_person = _was_agreed_otherwise(turn)
        if not {NoticeKind.TURNED_OUTSIDE.value, OUTSIDE_BEFORE}.isdisjoint(recent) or not (
            by_person or is_open_at_first
        ):
            return []
        time = summed(leg for posted in standing for leg in posted.shares if leg.account.is_charged)
        also_told = tuple(notice.key for notice in by_closing)
        return [Notice(NoticeKind.TURNED_OUTSIDE, time, also_told=also_told, by_person=by_person)]
    return by_closing if decision.scope == Scope.UNDETERMINED else []


def is_charged_outside(decision: Decision) -> bool:
    """Whether a ticket is outside the SLA and charged, and its customer must know (I4)."""
    return (
        decision.scope == Scope.NOT_INCLUDED
        and decision.route in (Route.HOUR_CARD, Route.INVOICE)
        and UNDETERMINED in decision.clauses
    )


def is_so(key: str, decision: Decision) -> bool:
    """Whether what a notice says still holds by the decision that stands."""
    kind = _kind_of(key)
    if kind is NoticeKind.TURNED_OUTSIDE:
        return is_charged_outside(decision)
    return (decision.scope == Scope.INCLUDED) == (kind is NoticeKind.CREDITED_BACK)


def still_given(decision: Decision, told: Sequence[str]) -> tuple[str, ...]:
    """What was told, without that the ticket was outside before: once it is not, it can turn like every other."""
    return tuple(told) if is_charged_outside(decision) else tuple(key for key in told if key != OUTSIDE_BEFORE)


def rests_on_agreement(turn: DecisionChange) -> bool:
    """Whether what was agreed with the customer is another than when the ticket was last decided."""
    return not turn.differing.isdisjoint(OF_AGREEMENT)


def since_credited(told: Sequence[str]) -> Sequence[str]:
    """What was told since something was credited back last: it may be charged and told anew."""
    places = [place for place, key in enumerate(told) if key == NoticeKind.CREDITED_BACK.value]
    return told[places[-1] + 1 :] if places else told


def _was_agreed_otherwise(turn: DecisionChange | None) -> bool:
    """Whether a ticket that was inside is outside because what was agreed with its customer is another."""
    if turn is None or turn.before is None or turn.before.scope != Scope.INCLUDED:
        return False
    return rests_on_agreement(turn)


def _charged_by_closing(standing: Iterable[PostedEntry]) -> list[Notice]:
    legs: dict[Month, list[Leg]] = {}
    for posted in standing:
        if posted.was_charged_while_pending:
            legs.setdefault(posted.period, []).extend(posted.shares)
    return [Notice(NoticeKind.CHARGED_UNDETERMINED, summed(of), period) for period, of in sorted(legs.items())]


def _kind_of(key: str) -> NoticeKind | None:
    return None if key == OUTSIDE_BEFORE else NoticeKind(key.partition(":")[0])
