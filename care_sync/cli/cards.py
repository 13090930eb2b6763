"""``care-sync cards``: prepaid hour cards (H1-H3)."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from care_sync.cli.numbers import decimal_of
from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.ledger import cards
from care_sync.ledger.cards import CardState
from care_sync.lookup import find_organization
from care_sync.model.account import Account
from care_sync.model.duration import rounded_clock
from care_sync.model.hour_card import CardChange, CardChangeKind
from care_sync.model.prices import rate_on
from care_sync.model.transaction import StoredTransaction
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from care_sync.terminal import local, print_json, print_table, say
from connectors.records import Organization

Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]


def buy(
    context: typer.Context,
    customer: Annotated[str, typer.Argument(help="The organization's name or id in the helpdesk.")],
    hours_bought: Annotated[str, typer.Option("--hours", help="How many hours, such as 50 or 62.5.")],
    rate: Annotated[
        str | None, typer.Option(help="Euro per hour. Default: the configured rate of that year.", show_default=False)
    ] = None,
    bought_on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day of purchase. Default: today.")
    ] = None,
    reference: Annotated[str, typer.Option(help="Your invoice or order number.")] = "",
    reason: Annotated[str, typer.Option(help="Why fewer hours than the minimum are sold (H1); it is recorded.")] = "",
    again: Annotated[
        bool, typer.Option("--again", help="It is meant, although it looks like a slip or was entered before.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Sell a customer an hour card.

    Time that was already worked since the day of purchase moves to it at the next pass. A reference that a card has, a
    purchase of the same day and hours, and very many hours need `--again`.

    ```
    care-sync cards buy "Bakkerij Van Dam" --hours 50 --reference F2026-118
    care-sync cards buy 360001 --hours 20 --rate 95 --reason "last one under the old terms"
    ```
    """
    session = Session.of(context)
    with session.store() as (settings, store), store.begin() as work:
        now = session.clock.now()
        day = _day_of_purchase(bought_on, now.astimezone(settings.company.zone).date())
        organization, section = find_organization(work, customer), settings.ledger.hour_card
        card = cards.buy(
            work,
            organization.id,
            hours=decimal_of(hours_bought, "--hours"),
            rate=decimal_of(rate, "--rate") if rate else _rate_of(settings, day),
            bought_on=day,
            reference=reference,
            now=now,
            actor=getpass.getuser(),
            override_reason=reason,
            minimum_hours=section.minimum_hours, most_hours=section.most_hours,
            again=again,
        )  # fmt: skip
    if as_json:
        print_json(_as_json(CardState(card, card.seconds), organization))
    else:
        bought = f"card {card.card_id} of {rounded_clock(card.seconds)} hours"
        say(f"{organization.name} has {bought} at {card.rate} per hour.")


def _day_of_purchase(given: datetime | None, today: date) -> date:
    day = given.date() if given else today
    if day > today:
        raise typer.BadParameter(f"{day} is in the future", param_hint="--on")
    return day


def list_cards(
    context: typer.Context,
    customer: Annotated[
        str | None, typer.Argument(help="Only this organization (name or id).", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """List hour cards with what is left on them, oldest purchase first.

    care-sync cards list
    care-sync cards list "Bakkerij Van Dam" --json
    """
    with Session.of(context).store() as (_settings, store), store.read() as work:
        chosen = [find_organization(work, customer)] if customer else work.organizations.all()
        found = [(state, organization) for organization in chosen for state in cards.states(work, organization.id)]
        changes = work.cards.changes(state.card.card_id for state, _ in found)
        names = {organization.id: organization.name for organization in work.organizations.all()}
    if as_json:
        print_json(
            [
                {**_as_json(state, organization), "changes": _changes_as_json(changes.get(state.card.card_id, ()))}
                for state, organization in found
            ]
        )
        return
    print_table(
        "Hour cards",
        ("card", "customer", "bought", "hours", "left", "rate", "reference", "changed"),
        (
            (
                state.card.card_id,
                organization.name,
                state.card.bought_on,
                rounded_clock(state.card.seconds),
                rounded_clock(state.left),
                state.card.rate,
                state.card.reference,
                ", ".join(_change_told(change, names) for change in changes.get(state.card.card_id, ())),
            )
            for state, organization in found
        ),
        right=("card", "hours", "left", "rate"),
    )


def show(
    context: typer.Context,
    card_id: Annotated[int, typer.Argument(metavar="CARD", help="The card's number.")],
    as_json: Json = False,
) -> None:
    """Show one card with everything that moved it, in order.

    care-sync cards show 7
    care-sync cards show 7 --json
    """
    with Session.of(context).store() as (settings, store), store.read() as work:
        card = cards.require(work, card_id)
        organization = work.organizations.get(card.organization_id) or Organization(card.organization_id, "?")
        state = CardState(card, cards.left_on(work, card))
        changes = work.cards.changes([card_id]).get(card_id, [])
        names = {one.id: one.name for one in work.organizations.all()}
        account = Account.card(card_id)
        owners = {card.organization_id, *(change.before.organization_id for change in changes)}
        transactions = [each for owner in owners for each in work.ledger.on_account(owner, account)]
        movements = [
            (transaction, leg.seconds)
            for transaction in sorted(transactions, key=lambda each: each.transaction_id)
            for leg in transaction.legs
            if leg.account == account
        ]
    if as_json:
        document = {**_as_json(state, organization), "changes": _changes_as_json(changes)}
        print_json({**document, "movements": [_movement_as_json(*movement) for movement in movements]})
        return
    balance = f"{rounded_clock(state.left)} of {rounded_clock(card.seconds)} hours left"
    _show_movements(f"Card {card_id} of {organization.name}: {balance}", movements, settings.company.zone)
    for change in changes:
        when = local(change.changed_at, settings.company.zone)
        say(f"{when}: {_change_told(change, names)} by {change.actor}: {change.reason}")


def _movement_as_json(transaction: StoredTransaction, seconds: int) -> dict[str, object]:
    return {
        "transaction_id": transaction.transaction_id,
        "kind": transaction.kind,
        "booked_at": transaction.booked_at.isoformat(),
        "work_date": transaction.work_date.isoformat(),
        "seconds": -seconds,
        "ticket_id": transaction.ticket_id,
        "entry_key": transaction.entry_key,
        "clauses": list(transaction.clauses),
        "actor": transaction.actor,
        "reason": transaction.reason,
    }


def _show_movements(title: str, movements: Sequence[tuple[StoredTransaction, int]], zone: ZoneInfo) -> None:
    """What moved a card, with what was left on it each time."""
    left = 0
    rows = []
    for transaction, seconds in movements:
        left -= seconds
        rows.append(
            (
                local(transaction.booked_at, zone),
                transaction.kind,
                transaction.work_date,
                transaction.ticket_id or "",
                rounded_clock(-seconds),
                rounded_clock(left),
                transaction.actor,
                transaction.reason,
            )
        )
    print_table(
        title,
        ("booked", "what", "worked", "ticket", "hours", "left", "by", "why"),
        rows,
        right=("hours", "left"),
    )


def adjust(
    context: typer.Context,
    card_id: Annotated[int, typer.Argument(metavar="CARD", help="The card's number.")],
    hours_added: Annotated[str, typer.Option("--hours", help="Hours to add, or with a minus to take away.")],
    reason: Annotated[str, typer.Option(help="Why; the customer reads it on the statement.")],
    as_json: Json = False,
) -> None:
    """Add hours to a card or take them away, for a reason. A card never falls below zero by it.

    ```
    care-sync cards adjust 7 --hours 2,5 --reason "goodwill for the outage of 3 October"
    care-sync cards adjust 7 --hours=-1 --reason "telephone call of 12 October, forgotten"
    ```
    """
    session = Session.of(context)
    seconds = cards.seconds_of(decimal_of(hours_added, "--hours"))
    with session.store() as (settings, store), store.begin() as work:
        now = session.clock.now()
        day = now.astimezone(settings.company.zone).date()
        cards.adjust(work, card_id, seconds=seconds, day=day, now=now, actor=getpass.getuser(), reason=reason)
        state, organization = _state(work, card_id)
    _tell(state, organization, as_json=as_json)


def write_off(
    context: typer.Context,
    card_id: Annotated[int, typer.Argument(metavar="CARD", help="The card's number.")],
    reason: Annotated[str, typer.Option(help="Why; the customer reads it on the statement.")],
    hours_written_off: Annotated[
        str | None,
        typer.Option("--hours", help="How many hours. Default: everything that is left.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write off what is left on a card, or part of it, for a reason. A card never expires by itself (H3).

    ```
    care-sync cards write-off 7 --reason "customer left; paid back by bank, F2026-131"
    care-sync cards write-off 7 --hours 2 --reason "agreed on 12 October"
    ```
    """
    session = Session.of(context)
    seconds = cards.seconds_of(decimal_of(hours_written_off, "--hours")) if hours_written_off else None
    with session.store() as (settings, store), store.begin() as work:
        now = session.clock.now()
        day = now.astimezone(settings.company.zone).date()
        cards.write_off(work, card_id, seconds=seconds, day=day, now=now, actor=getpass.getuser(), reason=reason)
        state, organization = _state(work, card_id)
    _tell(state, organization, as_json=as_json)


def _state(work: UnitOfWork, card_id: int) -> tuple[CardState, Organization]:
    card = cards.require(work, card_id)
    organization = work.organizations.get(card.organization_id) or Organization(card.organization_id, "?")
    return CardState(card, cards.left_on(work, card)), organization


def _tell(state: CardState, organization: Organization, *, as_json: bool) -> None:
    if as_json:
        print_json(_as_json(state, organization))
    else:
        say(f"Card {state.card.card_id} of {organization.name} has {rounded_clock(state.left)} hours left.")


def _rate_of(settings: Settings, day: date) -> Decimal:
    rate = rate_on(settings.ledger.hour_card.rates, day)
    if rate is None:
        raise UserError(
            f"no hourly rate is configured for {day.year}",
            [f"give --rate, or set ledger.hour_card.rates.{day.year} in the settings"],
        )
    return rate


def _change_told(change: CardChange, names: Mapping[str, str]) -> str:
    """What a person changed of a card, in a few words."""
    before, after = change.before, change.after
    if change.kind is CardChangeKind.MOVED:
        return f"moved here from {names.get(before.organization_id, before.organization_id)}"
    if change.kind is CardChangeKind.VOIDED:
        return "voided"
    hours = (
        f"{rounded_clock(before.seconds)} → {rounded_clock(after.seconds)}" if before.seconds != after.seconds else ""
    )
    days = f"{before.bought_on} → {after.bought_on}" if before.bought_on != after.bought_on else ""
    return f"corrected, {' and '.join(filter(None, (hours, days)))}"


def _changes_as_json(changes: Iterable[CardChange]) -> list[dict[str, object]]:
    return [
        {
            "kind": change.kind.value,
            "organization_id": change.after.organization_id,
            "bought_on": change.after.bought_on.isoformat(),
            "seconds": change.after.seconds,
            "changed_at": change.changed_at.isoformat(),
            "actor": change.actor,
            "reason": change.reason,
        }
        for change in changes
    ]


def _as_json(state: CardState, organization: Organization) -> dict[str, object]:
    return {
        "card_id": state.card.card_id,
        "voided": state.card.voided,
        "organization_id": organization.id,
        "customer": organization.name,
        "bought_on": state.card.bought_on.isoformat(),
        "seconds": state.card.seconds,
        "left_seconds": state.left,
        "rate": str(state.card.rate),
        "reference": state.card.reference,
    }
