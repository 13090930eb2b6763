"""``care-sync period``: closing months, after which nothing of them moves any more."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from typing import Annotated

import typer

from care_sync.cli.files import month_of
from care_sync.cli.session import Session
from care_sync.ledger.closing import Closing, Outlook, close_month, on_account, outlook, require_closable
from care_sync.model.account import PENDING, REVIEW, Account
from care_sync.model.duration import rounded_clock
from care_sync.model.posted_entry import PostedEntry
from care_sync.model.terms import Terms
from care_sync.pipeline.customer import terms_of
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from care_sync.terminal import local, print_json, print_table, say
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
                    "period": one.period,
                    "closed_at": one.closed_at.isoformat(),
                    "closed_by": one.closed_by,
                    "transaction_id": one.transaction_id,
                    "hash": one.hash,
                }
                for one in closed
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
                    one.period,
                    local(one.closed_at, settings.company.zone),
                    one.closed_by,
                    f"{one.transaction_id} {one.hash}",
                )
                for one in closed
            ),
        )


def close(
    context: typer.Context,
    period: Annotated[str, typer.Argument(metavar="MONTH", help="The month, as in 2026-10.")],
    yes: Annotated[bool, typer.Option("--yes", help="Close it without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Close a month: charge what is still undetermined in it (I4), then nothing of it moves any more.

    First shows what is pending, under review, without a ticket, and not yet posted. Whatever changes afterwards
    becomes a correction in the open month that cites what it corrects. There is no way back.

    ```
    care-sync period close 2026-10
    care-sync period close 2026-10 --yes --json
    ```
    """
    month = month_of(period, "MONTH")
    session = Session.of(context)
    with session.store() as (settings, store):
        today = session.clock.now().astimezone(settings.company.zone).date()
        with store.read() as work:
            require_closable(work, month, today)
            found = outlook(work, month)
            if not as_json:
                _show(work, found)
        if as_json and not yes:
            print_json({**_as_json(found), "closed": False})
            return
        if not yes and not typer.confirm(f"Close {month}?", err=True):
            say(f"The month {month} stays open.")
            raise typer.Exit(1)
        with store.begin() as work:
            done = close_month(
                work,
                month,
                terms=lambda organization_id: _terms(work, settings, organization_id),
                now=session.clock.now(),
                today=today,
                actor=getpass.getuser(),
            )
    if as_json:
        print_json({**_as_json(found), "closed": True, "charged": _charged(done)})
    else:
        say(f"The month {month} is closed.")
        if done.charged:
            seconds = sum(one.seconds for one in done.charged)
            say(
                f"{rounded_clock(seconds)} hours of {len(done.charged)} tickets were charged although their cause is "
                "unknown; the next pass tells their customers."
            )


def _terms(work: UnitOfWork, settings: Settings, organization_id: str) -> Terms:
    organization = work.organizations.get(organization_id) or Organization(organization_id, organization_id)
    return terms_of(work, settings, organization)


def _show(work: UnitOfWork, found: Outlook) -> None:
    if found.to_do:
        say(
            f"{found.to_do} changes were read and not yet posted. Run `care-sync sync` first, or they become "
            "corrections."
        )
    names = {one.id: one.name for one in work.organizations.all()}
    tickets = work.tickets.get_many({one.ticket_id for one in (*found.pending, *found.review) if one.ticket_id})
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
                        one.work_date,
                        rounded_clock(on_account(one, account)),
                        names.get(one.organization_id, one.organization_id),
                        f"#{tickets[one.ticket_id].number}" if one.ticket_id in tickets else one.ticket_id or "",
                        tickets[one.ticket_id].subject if one.ticket_id in tickets else "",
                    )
                    for one in standings
                ),
                right=("hours",),
            )
    if found.unlinked:
        total = sum(one.entry.seconds for one in found.unlinked)
        print_table(
            f"Without a ticket: {rounded_clock(total)} hours, charged to nobody (`care-sync entries unlinked`)",
            ("date", "hours", "who", "description"),
            (
                (
                    one.entry.work_date,
                    rounded_clock(one.entry.seconds),
                    one.entry.person_name or one.entry.person_id or "",
                    one.entry.description,
                )
                for one in found.unlinked
            ),
            right=("hours",),
        )
    if not (found.pending or found.review or found.unlinked or found.to_do):
        say(f"Nothing of {found.period} is pending, under review or without a ticket.")


def _as_json(found: Outlook) -> dict[str, object]:
    return {
        "period": found.period,
        "to_do": found.to_do,
        "pending": _standings(found.pending, PENDING),
        "review": _standings(found.review, REVIEW),
        "unlinked": [
            {
                "entry_key": one.entry.key,
                "work_date": one.entry.work_date.isoformat(),
                "seconds": one.entry.seconds,
                "description": one.entry.description,
            }
            for one in found.unlinked
        ],
    }


def _standings(standings: Sequence[PostedEntry], account: Account) -> list[dict[str, object]]:
    return [
        {
            "entry_key": one.entry_key,
            "organization_id": one.organization_id,
            "ticket_id": one.ticket_id,
            "work_date": one.work_date.isoformat(),
            "seconds": on_account(one, account),
        }
        for one in standings
    ]


def _charged(done: Closing) -> list[dict[str, object]]:
    return [
        {
            "ticket_id": one.ticket_id,
            "organization_id": one.organization_id,
            "seconds": one.seconds,
            "shares": {leg.account: leg.seconds for leg in one.shares},
        }
        for one in done.charged
    ]
