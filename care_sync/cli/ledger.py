"""``care-sync ledger``: where every minute came from and where it went."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from care_sync.cli.files import month_of
from care_sync.cli.session import Session
from care_sync.lookup import find_organization, find_ticket
from care_sync.model.account import WORKED
from care_sync.model.duration import clock
from care_sync.model.month import Month
from care_sync.model.transaction import StoredTransaction
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from care_sync.story import EntryStory, Place, customer_balances, entry_story, ticket_stories, transaction_as_json
from care_sync.terminal import local, print_json, print_table, say
from connectors.records import Ticket


def show(
    context: typer.Context,
    entry: Annotated[str | None, typer.Option(help="One time entry, by its key.", show_default=False)] = None,
    ticket: Annotated[str | None, typer.Option(help="One ticket, by its number.", show_default=False)] = None,
    customer: Annotated[
        str | None, typer.Option(help="One organization, by its name or id.", show_default=False)
    ] = None,
    period: Annotated[
        str | None, typer.Option(help="With --customer: this month's transactions, too.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Tell the story of a minute: tracker, ticket, decision, ledger, and the card or the invoice line it ended up on.

    ```
    care-sync ledger show --entry toggl:1234567:2201
    care-sync ledger show --ticket 1042
    care-sync ledger show --customer "Bakkerij Van Dam" --period 2026-10 --json
    ```
    """
    if sum(given is not None for given in (entry, ticket, customer)) != 1:
        raise typer.BadParameter("name one: --entry KEY, --ticket NUMBER or --customer NAME")
    if period is not None and customer is None:
        raise typer.BadParameter("a month goes with --customer", param_hint="--period")
    month = month_of(period) if period is not None else None
    with Session.of(context).store() as (settings, store), store.read() as work:
        if entry is not None:
            story = entry_story(work, entry, settings)
            print_json(story.as_json()) if as_json else _show_entry(story, settings)
        elif ticket is not None:
            found = find_ticket(work, ticket)
            stories = ticket_stories(work, found, settings)
            print_json([story.as_json() for story in stories]) if as_json else _show_ticket(found, stories)
        else:
            _customer(work, str(customer), month, settings, as_json=as_json)


def _show_entry(story: EntryStory, settings: Settings) -> None:
    stored = story.stored
    if stored is not None:
        one = stored.entry
        who = one.person_name or one.person_id or "nobody"
        say(f"{story.entry_key}: {clock(one.seconds)} by {who} on {one.work_date}")
        say(f"  {one.description or 'without a description'}")
        by = f" by {stored.link.via}" if stored.link.via else ""
        why = f": {stored.link.reason}" if stored.link.reason else ""
        say(f"  {one.state}, revision {stored.revision}, {stored.link.state.value}{by}{why}")
    else:
        say(f"{story.entry_key}: known to the ledger alone")
    if story.ticket is not None:
        customer = story.organization.name if story.organization else "no customer"
        say(f"Ticket #{story.ticket.number} {story.ticket.subject} ({customer}, {story.ticket.status})")
    if story.decision is not None:
        outcome = story.decision.outcome
        reason = outcome.get("reason", {})
        told = reason.get("en", "") if isinstance(reason, dict) else str(reason)
        say(
            f"Decided {local(story.decision.decided_at, settings.company.zone)}: {outcome.get('scope')}, "
            f"{outcome.get('route')} ({', '.join(outcome.get('clauses', ()))}). {told}"
        )
    if story.verdict is not None:
        verdict = story.verdict
        say(f"Judged by {verdict.actor}: {clock(verdict.charged_seconds)} charged, because {verdict.reason}")
    _show_transactions("\nLedger", story.transactions, settings)
    _show_places("\nStands on", story.places)


def _show_ticket(ticket: Ticket, stories: list[EntryStory]) -> None:
    print_table(
        f"#{ticket.number} {ticket.subject}: {clock(sum(story.seconds for story in stories))} hours",
        ("date", "who", "what", "hours", "account", "where it stands", "entry"),
        (
            (
                story.stored.entry.work_date if story.stored else "",
                (story.stored.entry.person_name or "") if story.stored else "",
                story.stored.entry.description if story.stored else "",
                clock(place.seconds if place is not None else 0),
                place.account if place is not None else "",
                place.told if place is not None else "stands on no account",
                story.entry_key,
            )
            for story in stories
            for place in story.places or (None,)
        ),
        right=("hours",),
    )


def _customer(work: UnitOfWork, wanted: str, month: Month | None, settings: Settings, *, as_json: bool) -> None:
    organization = find_organization(work, wanted)
    places = customer_balances(work, organization.id, settings)
    transactions = work.ledger.of_organization(organization.id, month) if month is not None else []
    if as_json:
        print_json(
            {
                "organization_id": organization.id,
                "customer": organization.name,
                "balances": [place.as_json() for place in places],
                "transactions": [transaction_as_json(transaction) for transaction in transactions],
            }
        )
        return
    _show_places(organization.name, places)
    if month is not None:
        _show_transactions(f"\nTransactions of {month}", transactions, settings)


def _show_places(title: str, places: Iterable[Place]) -> None:
    print_table(
        title,
        ("account", "hours", "what it means"),
        ((place.account, clock(place.seconds), place.told) for place in places),
        right=("hours",),
    )


def _show_transactions(title: str, transactions: Iterable[StoredTransaction], settings: Settings) -> None:
    print_table(
        title,
        ("number", "booked", "what", "month", "accounts", "clauses", "rules", "by", "why"),
        (
            (
                transaction.transaction_id,
                local(transaction.booked_at, settings.company.zone),
                transaction.kind if transaction.reverses is None else f"{transaction.kind} of {transaction.reverses}",
                transaction.period,
                ", ".join(f"{leg.account} {clock(leg.seconds)}" for leg in transaction.legs if leg.account != WORKED),
                " ".join(transaction.clauses),
                " ".join(transaction.rules),
                transaction.actor,
                transaction.reason,
            )
            for transaction in transactions
        ),
        right=("number",),
    )
