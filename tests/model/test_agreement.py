"""What was agreed, since when: what was recorded last holds for its time, what a person stated before what was read."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from care_sync.model.agreement import (
    ALWAYS,
    Agreed,
    AgreedKind,
    Agreements,
    Span,
    span_at,
    spans_of,
    spans_of_month,
    value_at,
)
from care_sync.model.month import Month
from connectors.records import FieldValue, Organization

ZONE = ZoneInfo("Europe/Amsterdam")


def day(number: int, month: int = 10) -> datetime:
    return datetime(2026, month, number, tzinfo=ZONE)


def agreed(
    value: FieldValue, since: datetime, until: datetime | None = None, kind: AgreedKind = AgreedKind.READ
) -> Agreed:
    return Agreed("5", "sla", value, since, until, kind, datetime(2026, 11, 1, tzinfo=UTC), "care-sync")


def test_a_value_counts_until_the_next_one_begins() -> None:
    spans = spans_of([agreed("gold", ALWAYS), agreed("silver", day(10))])
    assert spans == (Span(ALWAYS, "gold"), Span(day(10), "silver"))
    assert (value_at(spans, day(9)), value_at(spans, day(10))) == ("gold", "silver")


def test_what_is_read_twice_is_one_span() -> None:
    assert spans_of([agreed("gold", ALWAYS), agreed("gold", day(10))]) == (Span(ALWAYS, "gold"),)


def test_what_a_person_stated_holds_whatever_the_helpdesk_showed_later() -> None:
    stated = agreed(False, day(5), day(15), AgreedKind.STATED)
    spans = spans_of([agreed("gold", ALWAYS), stated, agreed("silver", day(10))])
    assert [value_at(spans, day(number)) for number in (4, 5, 12, 15)] == ["gold", False, False, "silver"]


def test_before_the_first_span_nothing_was_agreed() -> None:
    spans = spans_of([agreed("gold", day(10))])
    assert span_at(spans, day(9)) is None
    assert value_at(spans, day(9)) is None


def test_a_month_knows_what_counts_at_its_beginning_and_each_change_within_it() -> None:
    spans = spans_of([agreed("gold", ALWAYS), agreed("silver", day(10)), agreed(False, day(1, 11))])
    assert spans_of_month(spans, Month("2026-10"), ZONE) == (Span(day(1), "gold"), Span(day(10), "silver"))


def test_the_organization_is_shown_as_it_was() -> None:
    agreements = Agreements.of([agreed("gold", ALWAYS), agreed("silver", day(10))])
    organization = Organization("5", "Bakkerij", {"sla": "silver", "owner_email": "a@b.example"})
    then = agreements.at(organization, day(9))
    assert then.fields == {"sla": "gold", "owner_email": "a@b.example"}
    assert [one.fields["sla"] for one in agreements.in_month(organization, Month("2026-10"), ZONE)] == [
        "gold",
        "silver",
    ]
