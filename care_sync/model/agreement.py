"""What was agreed with customers, and since when: a helpdesk only shows what is agreed now.

Terms
    agreed     a field of an organization that says what its agreement is: ``sla``, ``covered_services``
    since      the first moment at which a value counts; ``ALWAYS``: it always did
    until      the first moment at which it no longer does; ``None``: it still does
    read       recorded because the helpdesk showed it
    answered   what the settings say of a field that is empty; ``None`` when they no longer say it
    stated     recorded because somebody said so, with who and why
    span       a value, and the first moment at which it counts; it counts until the next span begins

Promise: pure. What was recorded last holds for the time that it speaks of, whatever was recorded before; what somebody
stated holds whatever the helpdesk showed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from care_sync.model.month import Month
from connectors.records import FieldValue, Organization

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""Before every ticket."""


class AgreedField(StrEnum):
    """A field of an organization that says what was agreed."""

    SLA = "sla"
    COVERED_SERVICES = "covered_services"


class AgreedKind(StrEnum):
    """Why something was written down."""

    READ = "read"
    ANSWERED = "answered"
    STATED = "stated"


@dataclass(frozen=True, slots=True)
class Agreed:
    """One thing that was written down."""

    organization_id: str
    name: str
    value: FieldValue
    since: datetime
    until: datetime | None
    kind: AgreedKind
    recorded_at: datetime
    actor: str
    reason: str = ""

    def counts_at(self, moment: datetime) -> bool:
        """Whether it speaks of this moment."""
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class Span:
    """A value and the first moment at which it counts."""

    since: datetime
    value: FieldValue


@dataclass(frozen=True, slots=True)
class Agreements:
    """Everything that was agreed with a customer, by field, in the order in which it counts."""

    spans: Mapping[str, tuple[Span, ...]]

    @classmethod
    def of(cls, records: Iterable[Agreed]) -> Agreements:
        """From what was written down, oldest first."""
        by_name: dict[str, list[Agreed]] = {}
        for record in records:
            by_name.setdefault(record.name, []).append(record)
        return cls({name: spans_of(many) for name, many in by_name.items()})

    def at(self, organization: Organization, moment: datetime) -> Organization:
        """The organization as it was then; fields of which nothing was written down are as they are now."""
        then = {name: value_at(spans, moment) for name, spans in self.spans.items()}
        return replace(organization, fields={**organization.fields, **then})

    def in_month(self, organization: Organization, period: Month, zone: ZoneInfo) -> list[Organization]:
        """The organization as it was when a month began, and after each change within it."""
        moments = {span.since for spans in self.spans.values() for span in spans_of_month(spans, period, zone)}
        return [self.at(organization, moment) for moment in sorted(moments)] or [organization]


def spans_of(records: Sequence[Agreed]) -> tuple[Span, ...]:
    """What counts from when on, of one field: what was written down last holds for the time that it speaks of, and what
    somebody stated before what was read."""
    records = sorted(records, key=lambda record: record.kind is AgreedKind.STATED)
    spans: list[Span] = []
    ends = {record.until for record in records if record.until is not None}
    for moment in sorted({record.since for record in records} | ends):
        value = next((record.value for record in reversed(records) if record.counts_at(moment)), None)
        if not spans or spans[-1].value != value:
            spans.append(Span(moment, value))
    return tuple(spans)


def span_at(spans: Sequence[Span], moment: datetime) -> Span | None:
    """The span that a moment lies in; ``None`` before the first one."""
    return next((span for span in reversed(spans) if span.since <= moment), None)


def value_at(spans: Sequence[Span], moment: datetime) -> FieldValue:
    """What counts then; ``None`` before the first span."""
    span = span_at(spans, moment)
    return None if span is None else span.value


def spans_of_month(spans: Sequence[Span], period: Month, zone: ZoneInfo) -> tuple[Span, ...]:
    """What counts when a month begins, and what begins within it."""
    first, after = (datetime.combine(month.first_day, time(), zone) for month in (period, period.next))
    return (Span(first, value_at(spans, first)), *(span for span in spans if first < span.since < after))
