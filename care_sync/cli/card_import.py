"""``care-sync cards import``: taking over cards and what is left on them from another administration."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.ledger.alerts import take_as_told
from care_sync.ledger.card_import import PlannedCard, import_cards, read_cards
from care_sync.model.duration import rounded_clock
from care_sync.terminal import print_json, print_table, say


def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file.")],
    taken_over_on: Annotated[
        datetime | None,
        typer.Option(
            "--taken-over-on",
            formats=["%Y-%m-%d"],
            help="The first day whose work CareSync deducts. Default: today.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Import it; without this nothing is written.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Import hour cards and what is left on them. Shows first what it would do, and does it with `--yes`.

    The columns are customer, bought_on, hours, left, and, if you like, rate and reference; also by their Dutch names
    (klant, gekocht op, uren, over, tarief, referentie), in any order. All of the file is imported or nothing. Work from
    before `--taken-over-on` is never deducted from these cards: it is in what is left already.

    ```
    care-sync cards import strippenkaarten.csv --taken-over-on 2026-11-01
    care-sync cards import strippenkaarten.csv --taken-over-on 2026-11-01 --yes
    ```
    """
    data = _read(file)
    session, now = Session.of(context), Session.of(context).clock.now()
    with session.store() as (settings, store), store.begin() as work:
        today = now.astimezone(settings.company.zone).date()
        start: date = taken_over_on.date() if taken_over_on else today
        if start > today:
            raise typer.BadParameter(f"{start} is in the future", param_hint="--taken-over-on")
        work.ledger.lock_head()
        planned = read_cards(work, data, rates=settings.ledger.hour_card.rates, today=today, taken_over_on=start)
        numbers: list[int] = []
        if yes:
            cards = import_cards(work, planned, taken_over_on=start, now=now, actor=getpass.getuser(), source=file.name)
            numbers = [card.card_id for card in cards]
            take_as_told(work, {card.organization_id for card in cards}, settings.alerts.levels, now)
    if as_json:
        print_json({"imported": yes, "taken_over_on": start.isoformat(), "cards": _as_json(planned, numbers)})
        return
    _show(planned, file.name)
    summary = f"{len(planned)} cards with {rounded_clock(sum(card.left for card in planned))} hours left"
    say(
        f"{summary} are imported, as of {start}."
        if yes
        else f"{summary} would be imported, as of {start}. Nothing was written: add --yes."
    )


def _show(planned: Sequence[PlannedCard], name: str) -> None:
    print_table(
        f"Hour cards in {name}",
        ("line", "customer", "bought", "hours", "left", "rate", "reference"),
        (
            (
                planned_card.line,
                planned_card.customer,
                planned_card.bought_on,
                rounded_clock(planned_card.seconds),
                rounded_clock(planned_card.left),
                planned_card.rate,
                planned_card.reference,
            )
            for planned_card in planned
        ),
        right=("line", "hours", "left", "rate"),
    )


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror or error}", ["give the path of a CSV file"]) from error


def _as_json(planned: list[PlannedCard], numbers: list[int]) -> list[dict[str, object]]:
    return [
        {
            "card_id": numbers[index] if numbers else None,
            "line": one.line,
            "organization_id": one.organization_id,
            "customer": one.customer,
            "bought_on": one.bought_on.isoformat(),
            "seconds": one.seconds,
            "left_seconds": one.left,
            "rate": str(one.rate),
            "reference": one.reference,
        }
        for index, one in enumerate(planned)
    ]
