"""``care-sync customers``: who they are, and what was agreed with them since when."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.ledger import cards
from care_sync.lookup import find_organization
from care_sync.model.agreement import ALWAYS, Agreed, AgreedField, AgreedKind, Agreements, Span, span_at
from care_sync.model.duration import rounded_clock
from care_sync.pipeline.agreements import Stated, StatedAgreement, read_agreements, state
from care_sync.settings import Settings
from care_sync.store import Store, UnitOfWork
from care_sync.terminal import local, print_json, print_table, say
from connectors.records import FieldValue, Organization

Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Customer = Annotated[str, typer.Argument(help="The organization's name or id in the helpdesk.")]


def list_customers(context: typer.Context, as_json: Json = False) -> None:
    """List customers with what is agreed with them today, since when, and what is left on their cards.

    ```
    care-sync customers list
    care-sync customers list --json | jq 'map(select(.sla == null))'
    ```
    """
    session = Session.of(context)
    with session.store() as (settings, store), store.read() as work:
        organizations = [organization for organization in work.organizations.all() if not organization.deleted]
        agreements = read_agreements(work, settings, [organization.id for organization in organizations])
        left = {
            organization.id: sum(max(state.left, 0) for state in cards.states(work, organization.id))
            for organization in organizations
        }
    zone, now = settings.company.zone, session.clock.now()
    found = [
        (
            organization,
            {name: span_at(agreements[organization.id].spans.get(name, ()), now) for name in map(str, AgreedField)},
        )
        for organization in organizations
    ]
    if as_json:
        print_json([_customer_as_json(customer, present, left[customer.id], zone) for customer, present in found])
        return
    print_table(
        "Customers",
        ("id", "customer", "SLA", "since", "services beside the website", "since", "hours on cards"),
        (
            (
                customer.id,
                customer.name,
                *(
                    cell
                    for span in present.values()
                    for cell in (("", "") if span is None else (_said(span.value), _moment(span.since, zone)))
                ),
                rounded_clock(left[customer.id]),
            )
            for customer, present in found
        ),
        right=("hours on cards",),
    )


def _customer_as_json(
    customer: Organization, present: Mapping[str, Span | None], left: int, zone: ZoneInfo
) -> dict[str, object]:
    return {
        "organization_id": customer.id,
        "name": customer.name,
        **{name: None if span is None else _plain(span.value) for name, span in present.items()},
        **{f"{name}_since": None if span is None else _iso(span.since, zone) for name, span in present.items()},
        "card_seconds_left": left,
    }


def show(context: typer.Context, customer: Customer, as_json: Json = False) -> None:
    """Show what was agreed with a customer from which day, and who or what wrote it down.

    Tickets are judged by what was agreed when they were reported.

    ```
    care-sync customers show "Bakkerij Van Dam"
    care-sync customers show 360001 --json
    ```
    """
    with Session.of(context).store() as (settings, store), store.read() as work:
        organization = find_organization(work, customer)
        written = work.agreed.of_organizations([organization.id]).get(organization.id, [])
    agreements, zone = Agreements.of(written), settings.company.zone
    if as_json:
        print_json(
            {
                "organization_id": organization.id,
                "name": organization.name,
                "agreed": {name: _spans_as_json(spans, zone) for name, spans in agreements.spans.items()},
                "written_down": [_as_json(record, zone) for record in written],
            }
        )
        return
    print_table(
        f"Agreed with {organization.name}",
        ("field", "from", "says"),
        (
            (name, _moment(span.since, zone), _said(span.value))
            for name, spans in agreements.spans.items()
            for span in spans
        ),
    )
    _show_written(written, zone)


def state_agreed(
    context: typer.Context,
    customer: Customer,
    field: Annotated[AgreedField, typer.Argument(help="What was agreed.")],
    value: Annotated[str, typer.Argument(help="What it said then, as `customers show` writes it.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept for good.")],
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], help="The first day. Default: it was always so.", show_default=False
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="The first day on which it was no longer so. Default: until now.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    as_json: Json = False,
) -> None:
    """State what was agreed with a customer in a period, where the helpdesk learned of it late, early or wrongly.

    The next pass decides the tickets of those months again; what closed months charged for them is corrected in
    the open month. First shows which. What the helpdesk says from now on counts as before.

    ```
    care-sync customers state "Bakkerij Van Dam" sla gold --from 2026-11-01 --reason "entered late"
    care-sync customers state 360001 sla gold --until 2026-12-01 --reason "ends with November, was unticked early"
    ```
    """
    session = Session.of(context)
    with session.store() as (settings, store):
        zone, now = settings.company.zone, session.clock.now()
        begins = since.replace(tzinfo=zone) if since is not None else ALWAYS
        ends = until.replace(tzinfo=zone) if until is not None else now
        statement = StatedAgreement(field.value, value, begins, ends, getpass.getuser(), reason)
        stated = partial(_state, customer=customer, field=field, statement=statement, settings=settings, now=now)
        with store.begin() as work, work.undone():
            planned = stated(work)
        if not as_json:
            _tell(planned, field, zone)
        agreed = yes or (not as_json and typer.confirm("Do this?", err=True))
        if agreed:
            _do(store, stated, planned)
    _say_outcome({**_plan_as_json(planned, field, zone), "done": agreed}, agreed=agreed, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a statement changes; ``closed`` are tickets with time in closed months."""

    organization: Organization
    stated: Stated
    closed: tuple[str, ...]


def _do(store: Store, stated: Callable[[UnitOfWork], _Plan], planned: _Plan) -> None:
    """Do what was shown, or nothing when it would do something else by now."""
    with store.begin() as work:
        if stated(work) != planned:
            raise UserError("what this would change has changed in the meantime", ["nothing was changed; run it again"])


def _say_outcome(document: Mapping[str, object], *, agreed: bool, as_json: bool) -> None:
    if as_json:
        print_json(document)
    elif agreed:
        say("It is recorded; the next pass decides these tickets again.")
    else:
        say("Nothing was changed.")
        raise typer.Exit(1)


def _plan_as_json(planned: _Plan, field: AgreedField, zone: ZoneInfo) -> dict[str, object]:
    return {
        "organization_id": planned.organization.id,
        "field": field.value,
        "before": _spans_as_json(planned.stated.before, zone),
        "after": _spans_as_json(planned.stated.after, zone),
        "tickets": list(planned.stated.tickets),
        "tickets_with_closed_time": list(planned.closed),
    }


def _state(
    work: UnitOfWork,
    *,
    customer: str,
    field: AgreedField,
    statement: StatedAgreement,
    settings: Settings,
    now: datetime,
) -> _Plan:
    """Write the statement down, its value read as the helpdesk says it; return what that changes."""
    work.ledger.lock_head()
    organization = find_organization(work, customer)
    statement = replace(statement, value=_value(work, field, str(statement.value)))
    tickets = work.tickets.get_many(work.tickets.of_organization(organization.id, writable=False))
    reported = {key: ticket.created_at for key, ticket in tickets.items()}
    stated = state(work, organization, statement, reported, settings.company.zone, now)
    closed_through = work.periods.months().closed_through or ""
    standing = work.ledger.posted_of_tickets(stated.tickets)
    closed = sorted(key for key, many in standing.items() if any(record.period <= closed_through for record in many))
    return _Plan(organization, stated, tuple(closed))


def _value(work: UnitOfWork, field: AgreedField, text: str) -> FieldValue:
    """What somebody wrote, as the helpdesk says it. A level that no customer has is a slip of the pen."""
    organizations = work.organizations.all()
    written = work.agreed.of_organizations(organization.id for organization in organizations)
    values = [record.value for many in written.values() for record in many if record.name == field.value]
    known = {_said(value).casefold(): value for value in values}
    if any(isinstance(value, bool) for value in values):
        known.update({"yes": True, "no": False})
    if text.casefold() in known:
        return known[text.casefold()]
    if field is AgreedField.SLA:
        raise UserError(
            f'no customer ever had "{text}" in {field.value}', [f"known are {', '.join(sorted(known)) or 'none'}"]
        )
    return text


def _tell(planned: _Plan, field: AgreedField, zone: ZoneInfo) -> None:
    for title, spans in (("was", planned.stated.before), ("becomes", planned.stated.after)):
        message = ", ".join(f"{_said(span.value)} {_from(span, zone)}" for span in spans)
        say(f"{field.value} of {planned.organization.name} {title}: {message}")
    say(f"{len(planned.stated.tickets)} tickets were reported in these months and are decided again.")
    if planned.closed:
        say(f"{len(planned.closed)} of them have time in closed months: what was charged is corrected in the open one.")
    say("Customers of tickets that turn from inside to outside are not written to: they stand in `attention list`.")


def _show_written(written: Iterable[Agreed], zone: ZoneInfo) -> None:
    print_table(
        "Written down",
        ("when", "by", "field", "says", "from", "until", "why"),
        (
            (
                local(record.recorded_at, zone),
                {AgreedKind.READ: "the helpdesk", AgreedKind.ANSWERED: "the settings"}.get(record.kind, record.actor),
                record.name,
                _said(record.value),
                _moment(record.since, zone),
                "" if record.until is None else _moment(record.until, zone),
                record.reason,
            )
            for record in written
        ),
    )


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    """A day where it is the beginning of one."""
    if moment == ALWAYS:
        return "always"
    there = moment.astimezone(zone)
    return f"{there:%Y-%m-%d}" if there.time() == time() else f"{there:%Y-%m-%d %H:%M:%S}"


def _from(span: Span, zone: ZoneInfo) -> str:
    return "always" if span.since == ALWAYS else f"from {_moment(span.since, zone)}"


def _iso(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return None if moment is None or moment == ALWAYS else moment.astimezone(zone).isoformat()


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


def _spans_as_json(spans: Iterable[Span], zone: ZoneInfo) -> list[Mapping[str, object]]:
    return [{"since": _iso(span.since, zone), "value": _plain(span.value)} for span in spans]


def _as_json(one: Agreed, zone: ZoneInfo) -> Mapping[str, object]:
    return {
        "field": one.name,
        "value": _plain(one.value),
        "since": _iso(one.since, zone),
        "until": _iso(one.until, zone),
        "kind": one.kind.value,
        "recorded_at": one.recorded_at.isoformat(),
        "actor": one.actor,
        "reason": one.reason,
    }
