"""``care-sync review``: time that waits for a person, and deciding on it (K1, O4, X1)."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.ledger.review import decide, reviewed, waiting
from care_sync.lookup import find_organization
from care_sync.model.duration import rounded_clock
from care_sync.model.review import Ruling, Verdict, Waiting
from care_sync.store import UnitOfWork
from care_sync.terminal import local, print_json, print_table, say
from connectors.records import Ticket

Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
CHARGES = {"all": None, "none": 0}


def list_waiting(
    context: typer.Context,
    customer: Annotated[
        str | None, typer.Argument(help="Only this organization (name or id).", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """List time that waits: beyond fair use (K1), after a declined quote (O4), or judged case by case (X1).

    ```
    care-sync review list
    care-sync review list "Bakkerij Van Dam" --json
    ```
    """
    with Session.of(context).store() as (_settings, store), store.read() as work:
        chosen = find_organization(work, customer).id if customer else None
        found = waiting(work, organization_id=chosen)
        tickets = work.tickets.get_many({record.ticket_id for record in found})
        names = {organization.id: organization.name for organization in work.organizations.all()}
        people = _people(work, found)
    if as_json:
        print_json([_as_json(record, tickets.get(record.ticket_id)) for record in found])
    elif not found:
        say("No time waits for review.")
    else:
        total = sum(record.seconds for record in found)
        print_table(
            f"{rounded_clock(total)} hours wait for review",
            ("date", "hours", "customer", "ticket", "subject", "who", "entry"),
            (
                (
                    record.work_date,
                    rounded_clock(record.seconds),
                    names.get(record.organization_id, record.organization_id),
                    _number(record, tickets),
                    tickets[record.ticket_id].subject if record.ticket_id in tickets else "",
                    people.get(record.entry_key, ""),
                    record.entry_key,
                )
                for record in found
            ),
            right=("hours",),
        )


def decide_on(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(metavar="TICKET|ENTRY", help="A ticket, as in #123, or one time entry.")],
    charge: Annotated[str, typer.Option("--charge", help="all, none, or a number of minutes.")],
    reason: Annotated[str, typer.Option(help="Why; the customer and the auditor can read it.")],
    anew: Annotated[
        bool, typer.Option("--anew", help="Judge again what has been judged before (one entry only).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Charge all, part or nothing of what waits of a ticket or an entry. The next pass posts it.

    Who decided, when and why is kept for good; a later decision does not erase an earlier one.

    ```
    care-sync review decide "#123" --charge all --reason "third question this week"
    care-sync review decide "#123" --charge 30 --reason "agreed by telephone"
    care-sync review decide toggl:12:77 --charge none --anew --reason "was our mistake"
    ```
    """
    ruling = _ruling(charge)
    session = Session.of(context)
    with session.store() as (_settings, store), store.begin() as work:
        work.ledger.lock_head()
        verdicts = decide(
            work,
            _chosen(work, subject, anew=anew),
            ruling,
            reason=reason,
            actor=getpass.getuser(),
            now=session.clock.now(),
            anew=anew,
        )
    if as_json:
        print_json([_verdict_as_json(verdict) for verdict in verdicts])
    else:
        charged, judged = (
            sum(getattr(verdict, name) for verdict in verdicts) for name in ("charged_seconds", "judged_seconds")
        )
        say(f"{rounded_clock(charged)} of {rounded_clock(judged)} hours are charged; the next pass posts it.")


def history(
    context: typer.Context,
    entry_key: Annotated[str, typer.Argument(metavar="ENTRY", help="The time entry, as in toggl:12:77.")],
    as_json: Json = False,
) -> None:
    """Show everything that was ever decided on an entry, oldest first; the last one stands.

    ```
    care-sync review history toggl:12:77
    care-sync review history toggl:12:77 --json
    ```
    """
    with Session.of(context).store() as (settings, store), store.read() as work:
        verdicts = work.verdicts.get_many([entry_key]).get(entry_key, [])
    if as_json:
        print_json([_verdict_as_json(record) for record in verdicts])
    elif not verdicts:
        say(f"Nobody has judged {entry_key}.")
    else:
        print_table(
            f"Decided on {entry_key}",
            ("when", "by", "judged", "charged", "why"),
            (
                (
                    local(record.decided_at, settings.company.zone),
                    record.actor,
                    rounded_clock(record.judged_seconds),
                    rounded_clock(record.charged_seconds),
                    record.reason,
                )
                for record in verdicts
            ),
            right=("judged", "charged"),
        )


def _chosen(work: UnitOfWork, subject: str, *, anew: bool) -> list[Waiting]:
    """What is to be judged: an entry by its key, or all that waits of a ticket by number or id."""
    number = subject.removeprefix("#")
    ticket = work.tickets.by_number(number) or work.tickets.get(number)
    if ticket is not None and not anew:
        return waiting(work, ticket_id=ticket.id)
    if ticket is not None:
        raise UserError(
            "only one entry at a time can be judged again", ["name the entry; `care-sync review list` shows it"]
        )
    if subject.startswith("#"):
        raise UserError(f"there is no ticket {subject}", ["`care-sync review list` shows what waits"])
    return [reviewed(work, subject)]


def _ruling(charge: str) -> Ruling:
    word = charge.strip().casefold()
    if word in CHARGES:
        return Ruling(CHARGES[word])
    if word.isascii() and word.isdigit():
        return Ruling(int(word) * 60)
    raise typer.BadParameter(f'"{charge}" is not all, none or a number of minutes', param_hint="--charge")


def _people(work: UnitOfWork, found: list[Waiting]) -> dict[str, str]:
    entries = work.entries.get_many(record.entry_key for record in found)
    return {key: one.entry.person_name or one.entry.person_id or "" for key, one in entries.items()}


def _number(one: Waiting, tickets: dict[str, Ticket]) -> str:
    return f"#{tickets[one.ticket_id].number}" if one.ticket_id in tickets else one.ticket_id


def _as_json(one: Waiting, ticket: Ticket | None) -> dict[str, object]:
    return {
        "entry_key": one.entry_key,
        "organization_id": one.organization_id,
        "ticket_id": one.ticket_id,
        "ticket_number": ticket.number if ticket else None,
        "period": one.period,
        "work_date": one.work_date.isoformat(),
        "seconds": one.seconds,
        "judged_seconds": one.judged_seconds,
        "charged_seconds": one.charged_seconds,
    }


def _verdict_as_json(verdict: Verdict) -> dict[str, object]:
    return {
        "entry_key": verdict.entry_key,
        "judged_seconds": verdict.judged_seconds,
        "charged_seconds": verdict.charged_seconds,
        "reason": verdict.reason,
        "actor": verdict.actor,
        "decided_at": verdict.decided_at.isoformat(),
    }
