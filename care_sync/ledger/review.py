"""Reviewed time: what waits for a person, and what the person says about it (K1, O4, X1).

Terms
    waiting    seconds of an entry that stand on ``review``: beyond fair use, after a declined quote, or of another kind
    ruling     what a person says: charge all, nothing, or so many seconds of what waits
    verdict    the ruling as it is kept for one entry; all are kept, the newest stands

Promise: a ruling judges what waits when it is given and nothing that comes later. Who, when and why are kept. It is
posted by the pass that follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from care_sync.errors import UserError
from care_sync.model.account import REVIEW
from care_sync.model.mark import DirtyKind
from care_sync.model.review import REASON_FIELD, Ruling, Verdict, Waiting, ruling_of, waiting_of
from care_sync.store import UnitOfWork
from connectors.records import Ticket

NOT_UNDERSTOOD = "review_not_understood"
"""The kind of attention for a field or tag that should decide and cannot be read; its subject is the ticket's id."""

NOTHING_WAITED = "review_without_time"
"""The kind of attention for a ruling on a ticket of which nothing waited; its subject is the ticket's id."""


def waiting(work: UnitOfWork, *, organization_id: str | None = None, ticket_id: str | None = None) -> list[Waiting]:
    """What waits for a person, in the order it was worked."""
    standings = work.ledger.posted_on(REVIEW, organization_id=organization_id, ticket_id=ticket_id)
    return sorted(
        (waiting_of(standing) for standing in standings), key=lambda standing: (standing.work_date, standing.entry_key)
    )


def reviewed(work: UnitOfWork, entry_key: str) -> Waiting:
    """An entry's reviewed time, whether or not any of it still waits.

    Raises :class:`UserError` when the ledger holds no reviewed time of it.
    """
    standing = work.ledger.posted([entry_key]).get(entry_key)
    found = waiting_of(standing) if standing is not None and standing.basis.route.is_judged else None
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
    judged_now = {item.entry_key: item.seconds + (item.judged_seconds if anew else 0) for item in items}
    total = sum(judged_now.values())
    if not total:
        raise UserError("nothing waits to be judged", ["`care-sync review list` shows what waits"])
    to_charge = total if ruling.charged_seconds is None else ruling.charged_seconds
    if not 0 <= to_charge <= total:
        raise UserError(
            f"{to_charge // 60} minutes cannot be charged: {total // 60} wait", ["charge at most what waits"]
        )
    verdicts = []
    for item in items:
        charged = min(to_charge, judged_now[item.entry_key])
        to_charge -= charged
        verdicts.append(
            Verdict(
                entry_key=item.entry_key,
                organization_id=item.organization_id,
                ticket_id=item.ticket_id,
                judged_seconds=item.judged_seconds + item.seconds,
                charged_seconds=charged + (0 if anew else item.charged_seconds),
                reason=reason.strip(),
                actor=actor,
                decided_at=now,
            )
        )
    for verdict in verdicts:
        work.verdicts.decide(verdict)
    tickets = sorted({item.ticket_id for item in items})
    work.dirty.mark(DirtyKind.TICKET, tickets, "reviewed time was judged", now)
    return verdicts


def take_rulings(work: UnitOfWork, tickets: Iterable[Ticket], now: datetime) -> list[Verdict]:
    """Take over what agents decided in these tickets, each ruling once; what cannot be read is reported to a person.

    A ruling counts for what waits when it is read. It is spent by that, also when nothing waits: then a person gets a
    report, and it never charges what comes later. To judge again, the field is emptied and filled in anew.
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
            work.rulings.forget([ticket.id] if ticket.id in before else [])  # what is written next is another word
            continue
        work.attention.resolve(NOT_UNDERSTOOD, [ticket.id])
        if ruling is None:
            work.attention.resolve(NOTHING_WAITED, [ticket.id])
            work.rulings.forget([ticket.id] if ticket.id in before else [])
            continue
        said = "all" if ruling.charged_seconds is None else str(ruling.charged_seconds)
        if before.get(ticket.id) == said:
            continue
        items = waiting(work, ticket_id=ticket.id)
        work.rulings.keep(ticket.id, said, now)
        if not items:
            message = (
                f"The review of #{ticket.number} charges nothing: nothing waits. It does not count for time that comes "
                "later. When time waits, empty the field (or take the tag away) and fill it in again."
            )
            work.attention.raise_(NOTHING_WAITED, ticket.id, message, now)
            continue
        work.attention.resolve(NOTHING_WAITED, [ticket.id])
        total = sum(item.seconds for item in items)
        within = Ruling(None if ruling.charged_seconds is None else min(ruling.charged_seconds, total))
        reason = str(ticket.fields.get(REASON_FIELD) or "").strip() or "decided in the ticket"
        taken += decide(work, items, within, reason=reason, actor="helpdesk", now=now)
    return taken
