"""``care-sync period``: closing months, after which nothing of them moves any more."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

import typer

from care_sync.cli.files import month_of
from care_sync.cli.session import Session
from care_sync.ledger.closing import Closing, Outlook, close_month, on_account, outlook, require_closable
from care_sync.model.account import PENDING, REVIEW, Account
from care_sync.model.duration import rounded_clock
from care_sync.model.month import Month
from care_sync.model.posted_entry import PostedEntry
from care_sync.model.terms import Terms
from care_sync.model.time_entry import StoredEntry
from care_sync.pipeline.customer import terms_of
from care_sync.pipeline.unsettled import Unsettled, has_been_read, unsettled
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from care_sync.terminal import complain, local, one_line, print_json, print_table, say
from connectors.records import Organization

Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]


def list_periods(context: typer.Context, as_json: Json = False) -> None:
    """List the months that are closed, and by whom.

    `chain` is the end of the ledger's chain at that moment: write it down elsewhere, and nobody can rewrite what was
    before without being found out.

    ```
    care-sync period list
    care-sync period list --json
    ```
    """
    with Session.of(context).store() as (settings, store), store.read() as work:
        closed = work.periods.closed()
    if as_json:
        print_json(
            [
                {
                    "period": month.period,
                    "closed_at": month.closed_at.isoformat(),
                    "closed_by": month.closed_by,
                    "transaction_id": month.transaction_id,
                    "hash": month.hash,
                }
                for month in closed
            ]
        )
    elif not closed:
        say("No month is closed yet.")
    else:
        print_table(
            "Closed months",
            ("month", "closed", "by", "chain"),
            (
                (
                    month.period,
                    local(month.closed_at, settings.company.zone),
                    month.closed_by,
                    f"{month.transaction_id} {month.hash}",
                )
                for month in closed
            ),
        )


def close(
    context: typer.Context,
    period: Annotated[str, typer.Argument(metavar="MONTH", help="The month, as in 2026-10.")],
    yes: Annotated[bool, typer.Option("--yes", help="Close it without asking.")] = False,
    anyway: Annotated[str, typer.Option(help="Why to close a month that was not read to its end.")] = "",
    as_json: Json = False,
) -> None:
    """Close a month: charge what is still undetermined in it (I4), then nothing of it moves any more.

    First shows everything that is not settled, with the command for each. A month is refused that no full pass without
    failures has read since it ended. Whatever changes afterwards becomes a correction in the open month that cites what
    it corrects. There is no way back.

    ```
    care-sync period close 2026-10
    care-sync period close 2026-10 --yes --json
    ```
    """
    month, session = month_of(period, "MONTH"), Session.of(context)
    with session.store() as (settings, store):
        zone = settings.company.zone
        today = session.clock.now().astimezone(zone).date()
        with store.read() as work:
            require_closable(work, month, today)
            found, left = outlook(work, month), unsettled(work, month, zone)
            is_read = has_been_read(work, month, zone)
            if not as_json:
                _show(work, found, left)
        if as_json and not yes:
            print_json({**_as_json(found, left), "closed": False})
            return
        _require_read(month, is_read=is_read, anyway=anyway)
        if not yes and not typer.confirm(f"Close {month}?", err=True):
            say(f"The month {month} stays open.")
            raise typer.Exit(1)
        actor = getpass.getuser() if is_read else f"{getpass.getuser()}, unread: {one_line(anyway.strip())}"
        with store.begin() as work:
            done = _close(work, settings, month, session.clock.now(), today, actor)
    if as_json:
        print_json({**_as_json(found, left), "closed": True, "charged": _charged(done)})
    else:
        _say_closed(done)


def _require_read(month: Month, *, is_read: bool, anyway: str) -> None:
    """End with 1 when time of the month can still be unknown, unless a reason says to close it anyway."""
    if is_read or anyway.strip():
        return
    complain(
        "Refused",
        f"no full pass without failures has run since {month} ended, so that time of it may be unknown",
        ["run `care-sync sync`", 'or say why it is closed all the same: --anyway "…"; that is kept with the month'],
    )
    raise typer.Exit(1)


def _close(work: UnitOfWork, settings: Settings, month: Month, now: datetime, today: date, actor: str) -> Closing:
    return close_month(
        work,
        month,
        terms=lambda organization_id: _terms(work, settings, organization_id),
        prices=settings.ledger.prices,
        now=now,
        today=today,
        actor=actor,
    )


def _say_closed(done: Closing) -> None:
    say(f"The month {done.period} is closed.")
    if done.charged:
        seconds = sum(charge.seconds for charge in done.charged)
        say(
            f"{rounded_clock(seconds)} hours of {len(done.charged)} tickets were charged although their cause is "
            "unknown; the next pass tells their customers."
        )


def _terms(work: UnitOfWork, settings: Settings, organization_id: str) -> Terms:
    organization = work.organizations.get(organization_id) or Organization(organization_id, organization_id)
    return terms_of(work, settings, organization)


def _show(work: UnitOfWork, found: Outlook, left: Sequence[Unsettled]) -> None:
    if left:
        print_table(
            "Not settled yet; what changes after closing becomes a correction",
            ("", "what", "command"),
            ((item.count, item.what, item.command) for item in left),
            right=("",),
        )
    names = {organization.id: organization.name for organization in work.organizations.all()}
    tickets = work.tickets.get_many(
        {record.ticket_id for record in (*found.pending, *found.review) if record.ticket_id}
    )
    for title, account, standings in (
        (
            f"Pending: {rounded_clock(found.pending_seconds)} hours, charged when the month closes (I4)",
            PENDING,
            found.pending,
        ),
        (
            f"Under review: {rounded_clock(found.review_seconds)} hours, until somebody decides "
            "(`care-sync review list`)",
            REVIEW,
            found.review,
        ),
    ):
        if standings:
            print_table(
                title,
                ("date", "hours", "customer", "ticket", "subject"),
                (
                    (
                        posted.work_date,
                        rounded_clock(on_account(posted, account)),
                        names.get(posted.organization_id, posted.organization_id),
                        f"#{tickets[posted.ticket_id].number}" if posted.ticket_id in tickets else posted.ticket_id,
                        tickets[posted.ticket_id].subject if posted.ticket_id in tickets else "",
                    )
                    for posted in standings
                ),
                right=("hours",),
            )
    _show_unlinked(found.unlinked)
    if not (found.pending or found.review or found.unlinked or left):
        say(f"Nothing of {found.period} is pending, under review or without a ticket.")


def _show_unlinked(entries: Sequence[StoredEntry]) -> None:
    if not entries:
        return
    total = sum(stored.entry.seconds for stored in entries)
    print_table(
        f"Without a ticket: {rounded_clock(total)} hours, charged to nobody (`care-sync entries unlinked`)",
        ("date", "hours", "who", "description"),
        (
            (
                stored.entry.work_date,
                rounded_clock(stored.entry.seconds),
                stored.entry.person_name or stored.entry.person_id or "",
                stored.entry.description,
            )
            for stored in entries
        ),
        right=("hours",),
    )


def _as_json(found: Outlook, left: Sequence[Unsettled]) -> dict[str, object]:
    return {
        "period": found.period,
        "to_do": found.to_do,
        "unsettled": [asdict(item) for item in left],
        "pending": _standings(found.pending, PENDING),
        "review": _standings(found.review, REVIEW),
        "unlinked": [
            {
                "entry_key": record.entry.key,
                "work_date": record.entry.work_date.isoformat(),
                "seconds": record.entry.seconds,
                "description": record.entry.description,
            }
            for record in found.unlinked
        ],
    }


def _standings(standings: Sequence[PostedEntry], account: Account) -> list[dict[str, object]]:
    return [
        {
            "entry_key": posted.entry_key,
            "organization_id": posted.organization_id,
            "ticket_id": posted.ticket_id,
            "work_date": posted.work_date.isoformat(),
            "seconds": on_account(posted, account),
        }
        for posted in standings
    ]


def _charged(done: Closing) -> list[dict[str, object]]:
    return [
        {
            "ticket_id": charge.ticket_id,
            "organization_id": charge.organization_id,
            "seconds": charge.seconds,
            "shares": {leg.account: leg.seconds for leg in charge.shares},
        }
        for charge in done.charged
    ]
