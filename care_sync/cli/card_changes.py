"""``care-sync cards void``, ``move`` and ``correct``: taking a purchase back, and mending it (H1-H3)."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from care_sync.cli.numbers import decimal_of
from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.ledger import cards
from care_sync.ledger.card_changes import Author, ChangedCard, TermsOf, correct, move_to, void
from care_sync.lookup import find_organization
from care_sync.model.account import Account
from care_sync.model.duration import clock
from care_sync.model.hour_card import HourCard
from care_sync.model.terms import Terms
from care_sync.pipeline.customer import terms_of
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from care_sync.terminal import print_json, print_table, say
from connectors.records import Organization

Card = Annotated[int, typer.Argument(metavar="CARD", help="The card's number.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept for good.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document; with it, only --yes changes anything.")]

Change = Callable[[UnitOfWork, Author, TermsOf], ChangedCard]


def void_card(context: typer.Context, card_id: Card, reason: Reason, yes: Yes = False, as_json: Json = False) -> None:
    """Take a purchase back. What the card paid moves on, to other cards of the customer or to the invoice.

    Open months are laid down anew; what closed months drew from the card is corrected in the open month. It first shows
    what becomes of every balance, and asks.

    ```
    care-sync cards void 7 --reason "sold to the wrong customer"
    care-sync cards void 7 --reason "entered twice" --yes
    ```
    """
    _change(context, lambda work, author, terms: void(work, card_id, author, terms=terms), reason, yes, as_json)


def move_card(
    context: typer.Context,
    card_id: Card,
    to: Annotated[str, typer.Option("--to", help="The organization's name or id in the helpdesk.")],
    reason: Reason,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Give a card to another customer, whole. What it paid for the first moves on, to other cards or to the invoice.

    It first shows what becomes of every balance of both customers, and asks.

    ```
    care-sync cards move 7 --to "Bakkerij Van Dam" --reason "sold to the wrong customer"
    ```
    """

    def change(work: UnitOfWork, author: Author, terms: TermsOf) -> ChangedCard:
        return move_to(work, card_id, find_organization(work, to).id, author, terms=terms)

    _change(context, change, reason, yes, as_json)


def correct_card(
    context: typer.Context,
    card_id: Card,
    reason: Reason,
    hours: Annotated[
        str | None, typer.Option("--hours", help="The hours that were bought, such as 50 or 62,5.", show_default=False)
    ] = None,
    bought_on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="The day of purchase.", show_default=False),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Mend the hours or the day of a purchase that were written down wrongly. Goodwill is `cards adjust`.

    It first shows what becomes of every balance, and asks.

    ```
    care-sync cards correct 7 --hours 50 --reason "500 was a slip"
    care-sync cards correct 7 --on 2026-10-03 --reason "the day of the order"
    ```
    """
    seconds = cards.seconds_of(decimal_of(hours, "--hours")) if hours is not None else None
    day = bought_on.date() if bought_on is not None else None

    def change(work: UnitOfWork, author: Author, terms: TermsOf) -> ChangedCard:
        return correct(work, card_id, author, terms=terms, seconds=seconds, bought_on=day)

    _change(context, change, reason, yes, as_json)


def _change(context: typer.Context, change: Change, reason: str, yes: bool, as_json: bool) -> None:
    """Show what a change does, ask, and do it if it still does the same."""
    session = Session.of(context)
    with session.store() as (settings, store):
        author = Author(getpass.getuser(), reason, session.clock.now())
        with store.begin() as work, work.undone():
            planned = change(work, author, _terms(work, settings))
            shown = _shown(work, planned)
        if not as_json:
            _show(shown)
        agreed = yes or (not as_json and typer.confirm("Do this?", err=True))
        if agreed:
            with store.begin() as work:
                if change(work, author, _terms(work, settings)) != planned:
                    raise UserError(
                        "what this would change has changed in the meantime", ["nothing was changed; run it again"]
                    )
    if as_json:
        print_json({**_as_json(shown), "done": agreed})
    elif agreed:
        say("It is done; the next pass shows it on the tickets.")
    else:
        say("Nothing was changed.")
    if not agreed:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A planned change with the names of its customers, by id."""

    planned: ChangedCard
    names: dict[str, str]


def _terms(work: UnitOfWork, settings: Settings) -> TermsOf:
    def terms(organization_id: str) -> Terms:
        organization = work.organizations.get(organization_id) or Organization(organization_id, "?")
        return terms_of(work, settings, organization)

    return terms


def _shown(work: UnitOfWork, planned: ChangedCard) -> _Shown:
    card = planned.change
    wanted = {card.before.organization_id, card.after.organization_id}
    return _Shown(planned, {key: one.name for key, one in work.organizations.get_many(wanted).items()})


def _show(shown: _Shown) -> None:
    before, after = shown.planned.change.before, shown.planned.change.after
    told = f"Card {before.card_id} of {shown.names.get(before.organization_id, '?')}"
    if after.organization_id != before.organization_id:
        told += f" goes to {shown.names.get(after.organization_id, '?')}"
    elif after.voided:
        told += f", {clock(before.seconds)} hours of {before.bought_on}, is taken back"
    else:
        told += (
            f": {clock(before.seconds)} → {clock(after.seconds)} hours, "
            f"bought on {before.bought_on} → {after.bought_on}"
        )
    say(told)
    print_table(
        "Balances",
        ("customer", "account", "before", "after"),
        (
            (
                shown.names.get(balance.organization_id, balance.organization_id),
                _named(balance.account),
                clock(_hours(balance.account, balance.before)),
                clock(_hours(balance.account, balance.after)),
            )
            for balance in shown.planned.balances
        ),
        right=("before", "after"),
    )


def _named(account: Account) -> str:
    return f"left on card {account.card_id}" if account.card_id is not None else str(account)


def _hours(account: Account, seconds: int) -> int:
    return -seconds if account.card_id is not None else seconds


def _as_json(shown: _Shown) -> dict[str, object]:
    change = shown.planned.change
    return {
        "card_id": change.before.card_id,
        "change": change.kind.value,
        "before": _card_as_json(change.before),
        "after": _card_as_json(change.after),
        "balances": [
            {
                "organization_id": balance.organization_id,
                "customer": shown.names.get(balance.organization_id),
                "account": balance.account,
                "before_seconds": balance.before,
                "after_seconds": balance.after,
            }
            for balance in shown.planned.balances
        ],
    }


def _card_as_json(card: HourCard) -> dict[str, object]:
    return {
        "organization_id": card.organization_id,
        "bought_on": card.bought_on.isoformat(),
        "seconds": card.seconds,
        "voided": card.voided,
    }
