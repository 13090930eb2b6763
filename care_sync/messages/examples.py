"""Example contexts that reach every part of the shipped templates.

``Messages.check`` fills a site's templates with them before a pass relies on them.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from care_sync.messages.context import (
    AlertContext,
    CardBalance,
    Clause,
    EstimateContext,
    MemoContext,
    MemoKind,
    NoteContext,
    Question,
    Recalculated,
    RecalculationContext,
    ReplyContext,
    Suggestion,
)
from care_sync.model.account import SLA, Account
from care_sync.model.explanation import AccountTime
from care_sync.model.month import Month
from care_sync.model.notices import NoticeKind

_CARD = CardBalance("7", date(2026, 3, 2), bought_seconds=180_000, left_seconds=11_700)
_EMPTY_CARD = CardBalance("3", date(2025, 1, 15), bought_seconds=180_000, left_seconds=0)
_OVERDRAWN_CARD = CardBalance("3", date(2025, 1, 15), bought_seconds=180_000, left_seconds=-3_600)
_REASON = {
    "nl": "De oorzaak van het incident ligt bij een derde partij.",
    "en": "The cause of the incident lies with a third party.",
}

EXAMPLE_NOTES = (
    NoteContext(
        ticket_number="1042",
        scope="not_included",
        route="hour_card",
        next_step="handle",
        reason=_REASON,
        rules=("incident_third_party",),
        clauses=(Clause("I3a", {"nl": "De oorzaak ligt bij derden.", "en": "The cause lies with third parties."}),),
        time=(AccountTime(Account("card:7"), 8_100), AccountTime(Account("invoice:2026-10"), 900)),
        cards=(_CARD, _EMPTY_CARD),
        customer="Bakkerij Van Dam",
    ),
    NoteContext(
        ticket_number="1043",
        scope="undetermined",
        route="pending",
        next_step="ask",
        reason={"nl": "De oorzaak is nog niet bekend.", "en": "The cause is not known yet."},
        questions=(Question("cause", {"nl": "Waar ligt de oorzaak?", "en": "Where does the cause lie?"}),),
        suggestion=Suggestion("incident", ("werkt niet meer",)),
    ),
)
"""One note with everything that is known, one with what is not."""

EXAMPLE_REPLIES = (
    (
        NoticeKind.TURNED_OUTSIDE,
        ReplyContext(
            ticket_number="1042",
            company="CARE",
            requester="Anna de Wit",
            customer="Bakkerij Van Dam",
            time=(AccountTime(Account("card:7"), 8_100), AccountTime(Account("invoice:2026-10"), 900)),
            reason=_REASON,
        ),
    ),
    (NoticeKind.TURNED_OUTSIDE, ReplyContext(ticket_number="1042", company="CARE")),
    (
        NoticeKind.CHARGED_UNDETERMINED,
        ReplyContext(
            ticket_number="1043",
            company="CARE",
            time=(AccountTime(Account("invoice:2026-10"), 2_700),),
            period=Month("2026-10"),
        ),
    ),
    (
        NoticeKind.CREDITED_BACK,
        ReplyContext(
            ticket_number="1043",
            company="CARE",
            time=(AccountTime(SLA, 2_700),),
            reason={"nl": "De oorzaak ligt bij CARE.", "en": "The cause lies with CARE."},
            period=Month("2026-10"),
        ),
    ),
    (NoticeKind.CREDITED_BACK, ReplyContext("1043", "CARE", time=(AccountTime(SLA, 2_700),))),
    (NoticeKind.CREDITED_BACK, ReplyContext("1043", "CARE")),
    (
        NoticeKind.LOW_BALANCE,
        ReplyContext("1044", "CARE", requester="Anna de Wit", card=_CARD, cards_left_seconds=50_000),
    ),
    (
        NoticeKind.LOW_BALANCE,
        ReplyContext("1044", "CARE", card=_CARD, cards_left_seconds=11_700, runs_out_on=date(2026, 12, 14)),
    ),
    (NoticeKind.LOW_BALANCE, ReplyContext("1044", "CARE", card=_EMPTY_CARD, cards_left_seconds=0)),
    (
        NoticeKind.LOW_BALANCE,
        ReplyContext("1044", "CARE", card=_OVERDRAWN_CARD, cards_left_seconds=-3_600, rest_on_invoice=False),
    ),
    (
        NoticeKind.RECALCULATED,
        ReplyContext(
            "",
            "CARE",
            customer="Bakkerij Van Dam",
            card=_CARD,
            cards_left_seconds=11_700,
            recalculation=Recalculated(date(2027, 3, 2), 12_600, 11_700, Decimal("89.00"), Decimal("95.85")),
        ),
    ),
)
"""Every notice, with and without what may be missing."""

_RECALCULATED = Recalculated(date(2027, 3, 2), 12_600, 11_700, Decimal("89.00"), Decimal("95.85"))

EXAMPLE_MEMOS: tuple[tuple[MemoKind, MemoContext], ...] = (
    (
        MemoKind.CARD_ALERT,
        AlertContext(
            "Bakkerij Van Dam", 18_000, 11_700, (_EMPTY_CARD, _CARD), date(2026, 12, 14), "1042", customer_told=True
        ),
    ),
    (MemoKind.CARD_ALERT, AlertContext("Bakkerij Van Dam", 0, -3_600, (_OVERDRAWN_CARD,))),
    (MemoKind.RECALCULATION, RecalculationContext("Bakkerij Van Dam", _CARD, _RECALCULATED, applied=False)),
    (MemoKind.RECALCULATION, RecalculationContext("Bakkerij Van Dam", _CARD, _RECALCULATED, applied=True)),
    (MemoKind.ESTIMATE, EstimateContext("1042", 80, 7_200, 6_000, "Bakkerij Van Dam")),
    (MemoKind.ESTIMATE, EstimateContext("1042", 100, 7_200, 9_000)),
)
"""Every memo, with and without what may be missing."""
