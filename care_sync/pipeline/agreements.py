"""What a customer's agreement said when a ticket was reported.

A helpdesk shows what is agreed now. Tickets are judged by what was agreed when they were reported, as they are judged
by the rules of that day: an SLA that ends, begins or changes its level moves nothing of what was reported before.

Terms
    agreed    a field of an organization that says what its agreement is: ``sla``, ``covered_services``
    span      a value, and the first moment at which it counts; it counts until the next span begins
    answered  an empty field for which the settings (``facts.defaults``) or the rules have an answer
    filled    a field that was empty and not answered says something now: that was the answer all along
    stated    what was agreed is written down because a person says so

Promise: what is read twice is written down once, and nothing that was written down is changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from care_sync.errors import UserError
from care_sync.logs import logger
from care_sync.model.agreement import (
    ALWAYS,
    Agreed,
    AgreedField,
    AgreedKind,
    Agreements,
    Span,
    spans_of,
    spans_of_month,
)
from care_sync.model.mark import DirtyKind
from care_sync.model.month import Month
from care_sync.pipeline.site import Site
from care_sync.settings import Settings
from care_sync.store import UnitOfWork
from connectors.helpdesk_settings import HelpdeskSettings
from connectors.records import FieldValue, Organization

ACTOR = "care-sync"


def read_agreements(
    work: UnitOfWork, settings: Settings, organization_ids: Collection[str]
) -> Mapping[str, Agreements]:
    """What was agreed with each of these customers, in the fields that the settings name."""
    written = work.agreed.of_organizations(organization_ids)
    return {
        key: Agreements.of(record for record in written.get(key, ()) if _is_mapped(settings, record.name))
        for key in organization_ids
    }


def agreements_known_at(work: UnitOfWork, settings: Settings, organization_id: str, moment: datetime) -> Agreements:
    """What was known to be agreed with a customer at a moment; what the settings answer is that of today."""
    written = work.agreed.of_organizations([organization_id]).get(organization_id, ())
    return Agreements.of(
        record
        for record in written
        if _is_mapped(settings, record.name) and (record.recorded_at <= moment or record.kind is AgreedKind.ANSWERED)
    )


def _is_mapped(settings: Settings, name: str) -> bool:
    options = settings.helpdesk.options
    return not isinstance(options, HelpdeskSettings) or name in options.organization_fields


def write_down(work: UnitOfWork, site: Site, organization: Organization) -> int:
    """Write down what an organization says and did not say before; return how many agreements changed with it.

    What is seen the first time was always agreed. The ledger's head must have been locked.
    """
    written = work.agreed.of_organizations([organization.id]).get(organization.id, [])
    seen_at = (work.organizations.agreed_at(organization.id) or site.now()).replace(microsecond=0)
    news: list[Agreed] = []
    reaches_back = False
    for name in map(str, AgreedField):
        if name not in organization.fields:
            continue
        value = organization.fields[name]
        known = [record for record in written if record.name == name and record.kind is not AgreedKind.STATED]
        read = [record for record in known if record.kind is AgreedKind.READ]
        if not read or read[-1].value != value:
            is_filled = bool(read) and _is_empty(known[-1].value) and not _has_rule(site, name)
            since = ALWAYS if not read else known[-1].since if is_filled else seen_at
            reaches_back = reaches_back or is_filled
            known.append(_row(site, organization, name, value, since, AgreedKind.READ))
            news.append(known[-1])
        answer = site.settings.facts.defaults.get(name)
        last = known[-1]
        if _is_empty(value) and answer != (last.value if last.kind is AgreedKind.ANSWERED else None):
            since = last.since if last.kind is AgreedKind.READ else site.now().replace(microsecond=0)
            news.append(_row(site, organization, name, answer, since, AgreedKind.ANSWERED))
    work.agreed.add(news)
    if reaches_back:  # an answer is one for every ticket that asked, closed or not
        tickets = work.tickets.of_organization(organization.id, writable=False)
        work.dirty.mark(DirtyKind.TICKET, tickets, "what was agreed became known", site.now())
    changed = [record for record in news if record.since != ALWAYS and record.kind is AgreedKind.READ]
    for item in changed:
        since = item.since.astimezone(site.settings.company.zone)
        logger(__name__).info("agreement changed", organization=organization.id, field=item.name, since=str(since))
    return len(changed)


def _row(
    site: Site, organization: Organization, name: str, value: FieldValue, since: datetime, kind: AgreedKind
) -> Agreed:
    reason = f"facts.defaults.{name}" if kind is AgreedKind.ANSWERED else ""
    return Agreed(organization.id, name, value, since, None, kind, site.now(), ACTOR, reason)


@dataclass(frozen=True, slots=True)
class StatedAgreement:
    """Somebody says that ``value`` was agreed from ``since`` until ``until``."""

    name: str
    value: FieldValue
    since: datetime
    until: datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What a statement changes: the whole of what counts of the field, and the tickets that are decided anew."""

    before: tuple[Span, ...]
    after: tuple[Span, ...]
    tickets: tuple[str, ...]


def state(
    work: UnitOfWork,
    organization: Organization,
    statement: StatedAgreement,
    reported: Mapping[str, datetime],
    zone: ZoneInfo,
    now: datetime,
) -> Stated:
    """Write a statement down, and mark the tickets that it can concern for the next pass.

    ``reported`` says when each of the customer's tickets was. A month's free minutes are those of all of it, so that
    every ticket of a month with a change is looked at. The ledger's head must have been locked. Raises
    :class:`care_sync.errors.UserError` without a reason, for a time that ends before it begins, and when nothing would
    change.
    """
    name = statement.name
    if not statement.reason.strip():
        raise UserError("what was agreed needs a reason", ["say in --reason why; it is kept for good"])
    if statement.until <= statement.since:
        raise UserError("that time ends before it begins", ["give an earlier --from, or a later --until"])
    written = work.agreed.of_organizations([organization.id]).get(organization.id, [])
    records = [record for record in written if record.name == name]
    if not records:
        raise UserError(
            f"{organization.name} was not read yet, or has no field {name}",
            ["name it in helpdesk.organization_fields, and run `care-sync sync`"],
        )
    said = Agreed(
        organization.id,
        name,
        statement.value,
        statement.since,
        statement.until,
        AgreedKind.STATED,
        now,
        statement.actor,
        statement.reason,
    )
    before, after = spans_of(records), spans_of([*records, said])
    if before == after and statement.until <= now:
        raise UserError(f"{name} of {organization.name} says so for that time already", ["nothing was changed"])
    work.agreed.add([said])
    months = {ticket: _month(moment, zone) for ticket, moment in reported.items()}
    others = {
        month for month in months.values() if spans_of_month(before, month, zone) != spans_of_month(after, month, zone)
    }
    tickets = sorted(ticket for ticket, month in months.items() if month in others)
    why = f"what was agreed in {name} was stated"
    work.dirty.mark(DirtyKind.TICKET, tickets, why, now)
    work.dirty.mark(DirtyKind.ORGANIZATION, [organization.id], why, now)
    return Stated(before, after, tuple(tickets))


def _is_empty(value: FieldValue) -> bool:
    return value is None or value == () or (isinstance(value, str) and not value.strip())


def _has_rule(site: Site, name: str) -> bool:
    """Whether the rules say what an empty field means."""
    fact = site.rules.facts.get(name)
    return fact is not None and fact.absent is not None


def _month(moment: datetime, zone: ZoneInfo) -> Month:
    return Month.of(moment.astimezone(zone).date())
