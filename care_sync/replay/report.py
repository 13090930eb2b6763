"""A comparison as people and programs read it: plain values for JSON, and one HTML page to send around."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from care_sync.replay.compare import Comparison, DecisionDifference, Moved
from care_sync.replay.history import History

MOST_TICKETS = 2_000
"""Tickets that the page lists; beyond that it says how many more there are."""


def as_document(comparison: Comparison, history: History) -> dict[str, Any]:
    """Everything, as plain values; seconds are whole, euro are text with two decimals."""
    return {
        "since": comparison.since.isoformat(),
        "tickets": comparison.tickets,
        "changed_tickets": len(comparison.changed_tickets),
        "differences": [_difference(difference, history) for difference in comparison.differences],
        "customers": [
            {
                "organization_id": key,
                "name": history.customers[key].organization.name,
                "accounts": {kind: _moved(part) for kind, part in moved.items()},
            }
            for key, moved in sorted(comparison.moved.items(), key=lambda item: _name(history, item[0]))
        ],
        "totals": {kind: _moved(part) for kind, part in totals(comparison).items()},
        "rules": [
            {"no_longer": list(gone), "now": list(come), "subjects": count}
            for (gone, come), count in comparison.by_culprits().items()
        ],
    }


def as_page(comparison: Comparison, history: History, *, title: str, old: str, new: str) -> str:
    """One HTML page that needs nothing else: no script, no picture, no network."""
    environment = ImmutableSandboxedEnvironment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(hours=signed_hours, euro=_euro_text)
    template = environment.from_string(files("care_sync.replay").joinpath("report.html.j2").read_text("utf-8"))
    document = as_document(comparison, history)
    shown = document["differences"][:MOST_TICKETS]
    return template.render(
        **document, title=title, old=old, new=new, shown=shown, more=len(document["differences"]) - len(shown)
    )


def totals(comparison: Comparison) -> dict[str, Moved]:
    """What moves on each kind of account, all customers together."""
    total_by_kind: dict[str, Moved] = {}
    for accounts in comparison.moved.values():
        for kind, moved in accounts.items():
            total = total_by_kind.setdefault(kind, Moved())
            for rate, seconds in moved.by_rate.items():
                total.add(seconds, rate)
    return dict(sorted(total_by_kind.items()))


def signed_hours(seconds: int) -> str:
    """``5400`` → ``+1:30``."""
    minutes = (abs(seconds) + 30) // 60
    sign = "" if not minutes else "−" if seconds < 0 else "+"
    return f"{sign}{minutes // 60}:{minutes % 60:02}"


def _euro_text(euro: str | None) -> str:
    return "no rate" if euro is None else euro.replace("-", "−")


def _difference(difference: DecisionDifference, history: History) -> dict[str, Any]:
    ticket = history.tickets[difference.subject.ticket_id]
    gone, come = difference.culprits
    return {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "subject": ticket.subject,
        "customer": _name(history, difference.subject.organization_id or ""),
        "activity": difference.subject.activity,
        "before": _outcome(difference.before),
        "after": _outcome(difference.after),
        "no_longer": list(gone),
        "now": list(come),
    }


def _outcome(decision: Any) -> dict[str, str]:
    return {"scope": decision.scope, "route": decision.route, "next_step": decision.next_step}


def _moved(moved: Moved) -> Mapping[str, Any]:
    euro: Decimal | None = moved.euro
    return {"seconds": moved.seconds, "euro": None if euro is None else f"{euro:.2f}"}


def _name(history: History, organization_id: str) -> str:
    customer = history.customers.get(organization_id)
    return customer.organization.name if customer else organization_id
