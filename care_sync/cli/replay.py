"""``care-sync rules replay`` and ``care-sync rules questions``: the stored history, seen through rules."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

import typer

from care_sync.cli.files import write_file
from care_sync.cli.rules_input import RulesArgument, open_rules
from care_sync.cli.session import Session
from care_sync.model.duration import rounded_clock
from care_sync.model.prices import PriceList
from care_sync.replay.compare import Comparison, compare
from care_sync.replay.history import History, read_history
from care_sync.replay.questions import fact_costs
from care_sync.replay.report import as_document, as_page, signed_hours, totals
from care_sync.rules_in_force import site_rules
from care_sync.terminal import age, print_json, print_table, say

Since = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day of the history.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
SHOWN = 30


def replay(
    context: typer.Context,
    rules: RulesArgument,
    since: Since,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page to send around.")] = None,
    as_json: Json = False,
) -> None:
    """Decide the stored history by other rules: which tickets change, and what it costs whom.

    Nothing is touched. Tickets count that were reported or worked on since the day; their time is laid over cards and
    allowances as if every month were open.

    ```
    care-sync rules replay new.yaml --since 2026-10-01
    care-sync rules replay new.yaml --since 2026-01-01 --html what-if.html
    ```
    """
    session = Session.of(context)
    new = open_rules(rules)
    with session.store() as (settings, store):
        old = site_rules(settings)
        with store.read() as work:
            history = read_history(work, settings, since.date())
    comparison = compare(history, old, new, PriceList({}, settings.ledger.prices).rate_on)
    if html is not None:
        title = f"What {Path(new.source).name} would have changed"
        write_file(html, as_page(comparison, history, title=title, old=old.source, new=new.source).encode())
    if as_json:
        print_json(as_document(comparison, history))
    else:
        _show(comparison, history)
        if html is not None:
            say("")
            say(f"Written: {html}")


def _show(comparison: Comparison, history: History) -> None:
    changed = comparison.changed_tickets
    say(f"{len(changed)} of {comparison.tickets} tickets since {comparison.since} are decided differently.")
    if not comparison.differences:
        return
    transitions = Counter(
        (
            difference.subject.activity or "ticket",
            difference.before.scope,
            difference.before.route,
            difference.after.scope,
            difference.after.route,
        )
        for difference in comparison.differences
    )
    print_table(
        "\nDecisions",
        ("work", "before", "after", "count"),
        (
            (work, f"{scope} · {route}", f"{new_scope} · {new_route}", count)
            for (work, scope, route, new_scope, new_route), count in transitions.most_common()
        ),
        right=("count",),
    )
    print_table(
        "\nRules responsible",
        ("no longer", "now", "decisions"),
        (
            (", ".join(gone), ", ".join(come), count)
            for (gone, come), count in list(comparison.by_culprits().items())[:SHOWN]
        ),
        right=("decisions",),
    )
    names = {key: customer.organization.name for key, customer in history.customers.items()}
    rows = [
        (names[key], kind, signed_hours(moved.seconds), "no rate" if moved.euro is None else f"{moved.euro:+.2f}")
        for key, accounts in sorted(comparison.moved.items(), key=lambda item: names[item[0]])
        for kind, moved in accounts.items()
    ]
    rows += [
        ("All", kind, signed_hours(moved.seconds), "no rate" if moved.euro is None else f"{moved.euro:+.2f}")
        for kind, moved in totals(comparison).items()
    ]
    print_table("\nTime and money", ("customer", "account", "hours", "euro"), rows, right=("hours", "euro"))


def questions(context: typer.Context, since: Since, as_json: Json = False) -> None:
    """Which fact is worth asking: how often each was missing, how long tickets waited, how much time was at stake.

    ```
    care-sync rules questions --since 2026-10-01
    ```
    """
    session = Session.of(context)
    with session.store() as (settings, store), store.read() as work:
        first = datetime.combine(since.date(), time(), settings.company.zone).astimezone(UTC)
        seconds: dict[str, int] = {}
        for stored in work.entries.counting_since(date.min):
            key = stored.ticket_id
            seconds[key] = seconds.get(key, 0) + stored.entry.seconds
        costs = fact_costs(work.decisions.since(first), seconds, session.clock.now())
    if as_json:
        print_json(
            [
                {
                    "fact": cost.fact,
                    "tickets": len(cost.tickets),
                    "still_open": len(cost.still_open),
                    "waited_seconds": cost.waited_seconds,
                    "seconds_at_stake": cost.seconds_at_stake,
                }
                for cost in costs
            ]
        )
        return
    print_table(
        "Facts worth asking for, the costliest first",
        ("fact", "tickets", "still open", "waited on average", "time at stake"),
        (
            (
                cost.fact,
                len(cost.tickets),
                len(cost.still_open),
                age(cost.waited_seconds // max(1, len(cost.tickets))),
                rounded_clock(cost.seconds_at_stake),
            )
            for cost in costs
        ),
        right=("tickets", "still open", "time at stake"),
    )
