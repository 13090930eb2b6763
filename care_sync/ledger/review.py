"""Reviewed time: what waits for a person, and what the person says about it (K1, O4, X1).

Terms
    waiting    seconds of an entry that stand on ``review``: beyond fair use, after a declined quote, or of another kind
    ruling     what a person says: charge all, nothing, or so many seconds of what waits
    verdict    the ruling as it is kept for one entry; all are kept, the newest stands

Promise: a ruling judges what waits when it is given and nothing that comes later. Who, when and why are kept. It is
posted by the pass that follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from care_sync.errors import UserError
from care_sync.ledger import accounts
from care_sync.ledger.basis import route_of
from care_sync.store import UnitOfWork
from care_sync.store.agreements import Verdict
from care_sync.store.ledger import Standing
from care_sync.store.work import DirtyKind
from connectors.records import FieldValue, Ticket

FIELD = "care_review"
"""Our name of the ticket field in which an agent decides; an option of it, or a tag, begins with it too."""

REASON_FIELD = "care_review_reason"
"""Our name of the ticket field in which the agent says why."""

NOT_UNDERSTOOD = "review_not_understood"
"""The kind of attention for a field or tag that should decide and cannot be read; its subject is the ticket's id."""

ALL = frozenset({"all", "alles", "charge_all"})
NOTHING = frozenset({"none", "nothing", "niets", "charge_none", "charge_nothing"})
_MINUTES = re.compile(r"(\d{1,5})(?:[ _]?(?:m|min|minutes|minuten))?")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Reviewed time of one entry.

    ``seconds`` wait; ``judged_seconds`` were judged before and ``charged_seconds`` of them are charged.
    """

    entry_key: str
    organization_id: str
    ticket_id: str
    period: str
    work_date: date
    seconds: int
    judged_seconds: int
    charged_seconds: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """How much of what waits is charged: all of it (``None``) or at most so many seconds."""

    charged_seconds: int | None


def waiting(work: UnitOfWork, *, organization_id: str | None = None, ticket_id: str | None = None) -> list[Waiting]:
    """What waits for a person, in the order it was worked."""
    standings = work.ledger.standing_on(accounts.REVIEW, organization_id=organization_id, ticket_id=ticket_id)
    return sorted((_waiting(one) for one in standings), key=lambda one: (one.work_date, one.entry_key))


def reviewed(work: UnitOfWork, entry_key: str) -> Waiting:
    """An entry's reviewed time, whether or not any of it still waits.

    Raises :class:`UserError` when the ledger holds no reviewed time of it.
    """
    standing = work.ledger.standing([entry_key]).get(entry_key)
    found = _waiting(standing) if standing is not None and route_of(standing).is_judged else None
    if found is None or not found.seconds + found.judged_seconds:
        raise UserError(f"the entry {entry_key} has no time to review", ["`care-sync review list` shows what waits"])
    return found


def decide(
    work: UnitOfWork,
    items: Sequence[Waiting],
    ruling: Ruling,
    *,
    reason: str,
    actor: str,
    now: datetime,
    anew: bool = False,
) -> list[Verdict]:
    """Keep a person's ruling on ``items`` and mark their tickets, so that the next pass posts it.

    A number of seconds is charged in the order given. ``anew`` judges again what was judged before too. Raises
    :class:`UserError` without a reason, with nothing to judge, or for more seconds than there are.
    """
    if not reason.strip():
        raise UserError("a verdict needs a reason", ["say why, for the customer and the auditor"])
    judged_now = {one.entry_key: one.seconds + (one.judged_seconds if anew else 0) for one in items}
    total = sum(judged_now.values())
    if not total:
        raise UserError("nothing waits to be judged", ["`care-sync review list` shows what waits"])
    to_charge = total if ruling.charged_seconds is None else ruling.charged_seconds
    if not 0 <= to_charge <= total:
        raise UserError(
            f"{to_charge // 60} minutes cannot be charged: {total // 60} wait", ["charge at most what waits"]
        )
    verdicts = []
    for one in items:
        charged = min(to_charge, judged_now[one.entry_key])
        to_charge -= charged
        verdicts.append(
            Verdict(
                entry_key=one.entry_key,
                judged_seconds=one.judged_seconds + one.seconds,
                charged_seconds=charged + (0 if anew else one.charged_seconds),
                reason=reason.strip(),
                actor=actor,
                decided_at=now,
            )
        )
    for verdict in verdicts:
        work.verdicts.decide(verdict)
    tickets = sorted({one.ticket_id for one in items})
    work.dirty.mark(DirtyKind.TICKET, tickets, "reviewed time was judged", now)
    return verdicts


def ruling_of(fields: Mapping[str, FieldValue], tags: Iterable[str]) -> Ruling | None:
    """What a ticket says about its reviewed time; ``None`` when it says nothing. Pure.

    The field ``care_review`` holds ``all``, ``none`` (or ``alles``, ``niets``) or a number of minutes, also with
    ``care_review_`` before it; so does a tag, such as ``care_review_all`` or ``care_review_30``. Raises
    :class:`ValueError` for what cannot be understood, and when the ticket says two things.
    """
    value = fields.get(FIELD)
    said = [] if value is None or str(value).strip() == "" else [str(value)]
    said += [tag for tag in sorted(tags) if tag.casefold().startswith(f"{FIELD}_")]
    rulings = {_ruling(one) for one in said}
    if len(rulings) > 1:
        raise ValueError(f"it says {' and '.join(said)}: which of them?")
    return rulings.pop() if rulings else None


def take_rulings(work: UnitOfWork, tickets: Iterable[Ticket], now: datetime) -> list[Verdict]:
    """Take over what agents decided in these tickets, each ruling once; what cannot be read is told a person.

    A ruling that was taken counts for what waited then. To judge again, the field is emptied and filled in anew.
    """
    taken: list[Verdict] = []
    known = list(tickets)
    before = work.rulings.get_many(ticket.id for ticket in known)
    for ticket in known:
        try:
            ruling = ruling_of(ticket.fields, ticket.tags)
        except ValueError as error:
            message = f"The review of #{ticket.number} is not understood: {error} Choose all, none or whole minutes."
            work.attention.raise_(NOT_UNDERSTOOD, ticket.id, message, now)
            continue
        work.attention.settle(NOT_UNDERSTOOD, [ticket.id])
        if ruling is None:
            work.rulings.forget([ticket.id] if ticket.id in before else [])
            continue
        said = "all" if ruling.charged_seconds is None else str(ruling.charged_seconds)
        items = waiting(work, ticket_id=ticket.id) if before.get(ticket.id) != said else []
        if not items:
            continue
        total = sum(one.seconds for one in items)
        within = Ruling(None if ruling.charged_seconds is None else min(ruling.charged_seconds, total))
        reason = str(ticket.fields.get(REASON_FIELD) or "").strip() or "decided in the ticket"
        taken += decide(work, items, within, reason=reason, actor="helpdesk", now=now)
        work.rulings.keep(ticket.id, said, now)
    return taken


def _ruling(text: str) -> Ruling:
    word = text.strip().casefold().removeprefix(f"{FIELD}_")
    if word in ALL:
        return Ruling(None)
    if word in NOTHING:
        return Ruling(0)
    if (minutes := _MINUTES.fullmatch(word)) is not None:
        return Ruling(int(minutes[1]) * 60)
    raise ValueError(f'"{text.strip()}" says nothing that is known here.')


def _waiting(standing: Standing) -> Waiting:
    """Reviewed time by what the entry stands on: a verdict has charged or waived what does not wait any more."""
    waits = charged = waived = 0
    for leg in standing.shares:
        if leg.account == accounts.REVIEW:
            waits += leg.seconds
        elif leg.account == accounts.WAIVED:
            waived += leg.seconds
        elif not accounts.is_fair_use(leg.account):
            charged += leg.seconds
    return Waiting(
        standing.entry_key,
        standing.organization_id,
        standing.ticket_id or "",
        standing.period,
        standing.work_date,
        waits,
        charged + waived,
        charged,
    )
