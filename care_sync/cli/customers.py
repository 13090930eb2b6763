"""``care-sync customers``: who they are, and what was agreed with them since when."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated

import typer

from care_sync.cli.cards import find_organization
from care_sync.cli.output import hours, local, print_json, print_table, say
from care_sync.cli.session import Session, command_group
from care_sync.ledger import cards
from care_sync.pipeline.agreed import AgreedField, Agreements, Restated, Span, restate
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from care_sync.store.agreed import ALWAYS, Agreed
from connectors.records import FieldValue, Organization

group = command_group("Customers, and what was agreed with them since when.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Customer = Annotated[str, typer.Argument(help="The organization's name or id in the helpdesk.")]


@group.command("list")
def list_customers(context: typer.Context, as_json: Json = False) -> None:
    """List customers with what is agreed with them today, since when, and what is left on their cards.

    ```
    care-sync customers list
    care-sync customers list --json | jq 'map(select(.sla == null))'
    ```
    """
    with Session.of(context).store() as (_settings, store), store.read() as work:
        organizations = [one for one in work.organizations.all() if not one.deleted]
        written = work.agreed.of_organizations(one.id for one in organizations)
        left = {one.id: sum(max(state.left, 0) for state in cards.states(work, one.id)) for one in organizations}
    agreements = {key: Agreements.of(many) for key, many in written.items()}
    if as_json:
        print_json(
            [
                {
                    "organization_id": one.id,
                    "name": one.name,
                    **{name: _plain(one.fields.get(name)) for name in map(str, AgreedField)},
                    "sla_since": _day(_present(agreements.get(one.id), "sla")),
                    "card_seconds_left": left[one.id],
                }
                for one in organizations
            ]
        )
        return
    print_table(
        "Customers",
        ("id", "customer", "SLA", "since", "services beside the website", "hours on cards"),
        (
            (
                one.id,
                one.name,
                _said(one.fields.get("sla")),
                _since(_present(agreements.get(one.id), "sla")),
                _said(one.fields.get("covered_services")),
                hours(left[one.id]),
            )
            for one in organizations
        ),
        right=("hours on cards",),
    )


@group.command()
def show(context: typer.Context, customer: Customer, as_json: Json = False) -> None:
    """Show what was agreed with a customer from which day, and who or what wrote it down.

    Tickets are judged by what was agreed on the day on which they were reported.

    ```
    care-sync customers show "Bakkerij Van Dam"
    care-sync customers show 360001 --json
    ```
    """
    with Session.of(context).store() as (settings, store), store.read() as work:
        organization = find_organization(work, customer)
        written = work.agreed.of_organizations([organization.id]).get(organization.id, [])
    agreements = Agreements.of(written)
    if as_json:
        print_json(
            {
                "organization_id": organization.id,
                "name": organization.name,
                "agreed": {name: _spans_as_json(spans) for name, spans in agreements.spans.items()},
                "written_down": [_as_json(one) for one in written],
            }
        )
        return
    print_table(
        f"Agreed with {organization.name}",
        ("field", "from", "says"),
        ((name, _from(span), _said(span.value)) for name, spans in agreements.spans.items() for span in spans),
    )
    _show_written(written, settings)


@group.command()
def since(
    context: typer.Context,
    customer: Customer,
    field: Annotated[AgreedField, typer.Argument(help="What was agreed.")],
    day: Annotated[datetime, typer.Argument(metavar="DATE", formats=["%Y-%m-%d"], help="Its first day.")],
    reason: Annotated[str, typer.Option(help="Why it counts from then; it is kept for good.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Let what the helpdesk says today count from another day than the one on which it was first seen.

    For an SLA that was entered late, or before it began. Tickets that were reported in between are decided anew by the
    next pass; what closed months charged for them is corrected in the open month. First shows what that is.

    ```
    care-sync customers since "Bakkerij Van Dam" sla 2026-11-01 --reason "signed on 30 October, entered late"
    care-sync customers since 360001 covered_services 2026-12-01 --reason "begins next month" --yes --json
    ```
    """
    session = Session.of(context)
    with session.store() as (settings, store):
        with store.begin() as work, work.undone():
            planned, organization, closed = _restate(work, session, settings, customer, field, day.date(), reason)
        if not as_json:
            _tell(organization, field, planned, closed)
        agreed = yes or (not as_json and typer.confirm("Do this?", err=True))
        if agreed:
            with store.begin() as work:
                planned, organization, closed = _restate(work, session, settings, customer, field, day.date(), reason)
    if as_json:
        print_json(
            {
                "organization_id": organization.id,
                "field": field.value,
                "before": _spans_as_json(planned.before),
                "after": _spans_as_json(planned.after),
                "tickets": list(planned.tickets),
                "tickets_with_closed_time": closed,
                "done": agreed,
            }
        )
    elif agreed:
        say("It is written down; the next pass decides these tickets anew.")
    else:
        say("Nothing was changed.")
        raise typer.Exit(1)


def _restate(
    work: UnitOfWork,
    session: Session,
    settings: Settings,
    customer: str,
    field: AgreedField,
    day: date,
    reason: str,
) -> tuple[Restated, Organization, list[str]]:
    """What another day changes, for which customer, and which of its tickets have time in closed months."""
    work.ledger.lock_head()
    organization = find_organization(work, customer)
    tickets = work.tickets.get_many(work.tickets.of_organization(organization.id, writable=False))
    zone = settings.company.zone
    restated = restate(
        work,
        organization,
        field.value,
        day,
        days={key: one.created_at.astimezone(zone).date() for key, one in tickets.items()},
        actor=getpass.getuser(),
        reason=reason,
        now=session.clock.now(),
    )
    closed_through = work.periods.closed_through() or ""
    standing = work.ledger.standing_of_tickets(restated.tickets)
    closed = sorted(key for key, many in standing.items() if any(one.period <= closed_through for one in many))
    return restated, organization, closed


def _tell(organization: Organization, field: AgreedField, restated: Restated, closed: list[str]) -> None:
    for title, spans in (("was", restated.before), ("becomes", restated.after)):
        told = ", ".join(f"{_said(span.value)} {_from(span)}" for span in spans)
        say(f"{field.value} of {organization.name} {title}: {told}")
    say(f"{len(restated.tickets)} tickets were reported in these months and are decided anew.")
    if closed:
        say(f"{len(closed)} of them have time in closed months; what was charged is corrected in the open month.")


def _show_written(written: Iterable[Agreed], settings: Settings) -> None:
    print_table(
        "Written down",
        ("when", "by", "field", "says", "from", "why"),
        (
            (
                local(one.recorded_at, settings.company.zone),
                one.actor,
                one.name,
                _said(one.value),
                _from(Span(one.since, one.value)),
                one.reason,
            )
            for one in written
        ),
    )


def _present(agreements: Agreements | None, name: str) -> Span | None:
    spans = agreements.spans.get(name) if agreements is not None else None
    return spans[-1] if spans else None


def _from(span: Span) -> str:
    return "always" if span.since == ALWAYS else f"from {span.since}"


def _since(span: Span | None) -> str:
    return "" if span is None else _day(span) or "always"


def _day(span: Span | None) -> str | None:
    return None if span is None or span.since == ALWAYS else span.since.isoformat()


def _said(value: FieldValue) -> str:
    if value is None or value in ("", ()):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _plain(value: FieldValue) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _spans_as_json(spans: Iterable[Span]) -> list[Mapping[str, object]]:
    return [{"since": _day(span), "value": _plain(span.value)} for span in spans]


def _as_json(one: Agreed) -> Mapping[str, object]:
    return {
        "field": one.name,
        "value": _plain(one.value),
        "since": _day(Span(one.since, one.value)),
        "recorded_at": one.recorded_at.isoformat(),
        "actor": one.actor,
        "reason": one.reason,
    }
