"""What a customer's agreement said on a day.

A helpdesk shows what is agreed today. Tickets are judged by what was agreed when they were reported, as they are judged
by the rules of that day: an SLA that ends, begins or changes its level moves nothing of what was reported before.

Terms
    agreed   a field of an organization that says what its agreement is: ``sla``, ``covered_services``
    since    the first day on which a value counts
    filled   a field that was empty, for which neither settings nor rules answered, says something now: that was the
             answer all along
    restated a value counts from another day than the one on which the helpdesk showed it first; a person says so

Promise: what is read twice is written down once, and nothing that was written down is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from care_sync.errors import UserError
from care_sync.ledger import accounts
from care_sync.logs import logger
from care_sync.pipeline.site import Site
from care_sync.store import Store, UnitOfWork
from care_sync.store.agreed import ALWAYS, Agreed
from care_sync.store.work import DirtyKind
from connectors.records import FieldValue, Organization


class AgreedField(StrEnum):
    """A field of an organization that says what was agreed."""

    SLA = "sla"
    COVERED_SERVICES = "covered_services"


ACTOR = "care-sync"


@dataclass(frozen=True, slots=True)
class Span:
    """A value and the first day on which it counts; it counts until the next one begins."""

    since: date
    value: FieldValue


@dataclass(frozen=True, slots=True)
class Agreements:
    """Everything that was agreed with a customer, by field, in the order in which it counts."""

    spans: Mapping[str, tuple[Span, ...]]

    @classmethod
    def of(cls, records: Iterable[Agreed]) -> Agreements:
        """From what was written down, oldest first."""
        by_name: dict[str, list[Agreed]] = {}
        for one in records:
            by_name.setdefault(one.name, []).append(one)
        return cls({name: _spans(many) for name, many in by_name.items()})

    def on(self, organization: Organization, day: date) -> Organization:
        """The organization as it was on ``day``; fields of which nothing was written down are as they are now."""
        then = {name: _value_on(spans, day) for name, spans in self.spans.items() if name in organization.fields}
        return replace(organization, fields={**organization.fields, **then})

    def in_month(self, organization: Organization, period: str) -> list[Organization]:
        """The organization as it was on the first day of a month, and after each change within it."""
        first, after = (date.fromisoformat(f"{one}-01") for one in (period, accounts.next_period(period)))
        days = {first, *(span.since for spans in self.spans.values() for span in spans if first < span.since < after)}
        return [self.on(organization, day) for day in sorted(days)]


def read_agreements(work: UnitOfWork, organization_id: str) -> Agreements:
    """What was agreed with one customer."""
    return Agreements.of(work.agreed.of_organizations([organization_id]).get(organization_id, ()))


def write_down_agreements(store: Store, site: Site) -> int:
    """Write down what the organizations that are marked say now and did not say before; return how much that was."""
    with store.read() as work:
        if not _news(work, site):
            return 0
    with store.begin() as work:
        work.ledger.lock_head()  # two daemons must not both find the same news
        news = _news(work, site)
        work.agreed.add(news)
    for one in news:
        if one.since != ALWAYS:
            logger(__name__).info(
                "agreement changed", organization=one.organization_id, field=one.name, since=one.since.isoformat()
            )
    return len(news)


def _news(work: UnitOfWork, site: Site) -> list[Agreed]:
    marked = work.organizations.get_many(work.dirty.take(DirtyKind.ORGANIZATION))
    known = work.agreed.of_organizations(marked)
    today, now = site.today(), site.now()
    answered = {*site.settings.facts.defaults, *(fact.name for fact in site.rules.facts.values() if fact.absent)}
    news = []
    for organization in marked.values():
        agreements = Agreements.of(known.get(organization.id, ()))
        for name in map(str, AgreedField):
            if name not in organization.fields:
                continue
            value, spans = organization.fields[name], agreements.spans.get(name, ())
            if not spans:
                news.append(Agreed(organization.id, name, value, ALWAYS, now, ACTOR))
            elif spans[-1].value != value:
                is_filled = _is_empty(spans[-1].value) and name not in answered
                since = spans[-1].since if is_filled else today
                news.append(Agreed(organization.id, name, value, since, now, ACTOR))
    return news


@dataclass(frozen=True, slots=True)
class Restated:
    """What another day would change, or changed: ``before`` and ``after`` are the whole of what counts of the field.

    ``tickets`` are those whose facts can be others now: free minutes are those of a whole month.
    """

    before: tuple[Span, ...]
    after: tuple[Span, ...]
    tickets: tuple[str, ...]


def restate(
    work: UnitOfWork,
    organization: Organization,
    name: str,
    since: date,
    *,
    days: Mapping[str, date],
    actor: str,
    reason: str,
    now: datetime,
) -> Restated:
    """Let what a customer's agreement says today count from another day; the next pass decides its tickets anew.

    ``days`` are the days on which the customer's tickets were reported. The ledger's head must have been locked. Raises
    :class:`care_sync.errors.UserError` without a reason, when it counts from that day already, and when nothing is
    known of what was before.
    """
    if not reason.strip():
        raise UserError("another day needs a reason", ["say in --reason why it counts from then; it is kept"])
    records = [
        one for one in work.agreed.of_organizations([organization.id]).get(organization.id, ()) if one.name == name
    ]
    before = _spans(records)
    if all(_is_empty(span.value) for span in before):
        raise UserError(
            f"{name} of {organization.name} never said anything",
            ["fill in the field in the helpdesk; the next nightly pass takes it over"],
        )
    present = before[-1]
    if present.since == since:
        raise UserError(f"{name} of {organization.name} counts from {since} already", ["nothing was changed"])
    added = [_stated(organization.id, name, Span(since, present.value), actor, reason, now)]
    if since > present.since:
        if len(before) == 1:
            raise UserError(
                f"what {name} of {organization.name} said before {since} is not known",
                ["it never said anything else"],
            )
        earlier = Span(present.since, before[-2].value)
        added.insert(0, _stated(organization.id, name, earlier, actor, reason, now))
    work.agreed.add(added)
    after = _spans([*records, *added])
    first, last = sorted(accounts.period_of_date(day) for day in (since, present.since))
    months = {ticket: accounts.period_of_date(day) for ticket, day in days.items()}
    tickets = tuple(sorted(ticket for ticket, month in months.items() if first <= month <= last))
    why = f"{name} counts from {since}"
    work.dirty.mark(DirtyKind.TICKET, tickets, why, now)
    work.dirty.mark(DirtyKind.ORGANIZATION, [organization.id], why, now)
    return Restated(before, after, tickets)


def _stated(organization_id: str, name: str, span: Span, actor: str, reason: str, now: datetime) -> Agreed:
    return Agreed(organization_id, name, span.value, span.since, now, actor, reason)


def _spans(records: Sequence[Agreed]) -> tuple[Span, ...]:
    """What was written down later holds from its day on, whatever was written down before."""
    spans: list[Span] = []
    for one in records:
        spans = [span for span in spans if span.since < one.since]
        if not spans or spans[-1].value != one.value:
            spans.append(Span(one.since, one.value))
    return tuple(spans)


def _value_on(spans: Sequence[Span], day: date) -> FieldValue:
    return next((span.value for span in reversed(spans) if span.since <= day), None)


def _is_empty(value: FieldValue) -> bool:
    return value is None or value == () or (isinstance(value, str) and not value.strip())
