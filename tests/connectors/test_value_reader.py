"""Foreign values are of the type that the product documents and within belief, or they are refused by name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.custom_fields import FieldKind, field_value
from connectors.errors import Invalid, Malformed
from connectors.value_reader import ValueReader, day_of, decimal_of, whole_number_of

READ = ValueReader("shop")
ODD = [None, True, [], {}, "x", 1.5, "NaN", float("inf"), float("nan"), 10**20, "9" * 30, -(10**20), "1_000", "１２"]


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(Malformed, match=r"entry\.id should be a whole number"):
        READ.whole_number(value, "entry.id")


@pytest.mark.parametrize("value", [10**9, -(10**9), 10**20, "60", 1.0])
def test_seconds_that_nobody_works_are_refused(value: Any) -> None:
    with pytest.raises(Malformed, match="duration"):
        READ.seconds(value, "duration")


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "",
        "yesterday",
        "2026-10-26",
        "2026-10-26T12:00:00",
        "1026-10-26T12:00:00Z",
        "2206-10-26T12:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "10000-01-01T00:00:00Z",
    ],
)
def test_what_is_no_instant_of_our_age_is_refused(value: Any) -> None:
    with pytest.raises(Malformed, match=r"ticket\.created_at should be a time"):
        READ.instant(value, "ticket.created_at")


def test_instants_come_in_utc_and_days_as_days() -> None:
    assert READ.instant("2026-10-26T12:00:00.123456789+01:00", "x") == datetime(
        2026, 10, 26, 11, 0, 0, 123456, tzinfo=UTC
    )
    assert READ.day("2026-10-26", "x") == date(2026, 10, 26)


@pytest.mark.parametrize("value", [None, "26-10-2026", "1026-01-01", "9999-12-31", 20261026])
def test_what_is_no_day_of_our_age_is_refused(value: Any) -> None:
    assert day_of(value) is None
    with pytest.raises(Malformed, match="spent_on"):
        READ.day(value, "spent_on")


@pytest.mark.parametrize("cursor", ["", "x", "2026-10-26", "2026-10-26T12:00:00", "9999-12-31T23:59:59-14:00"])
def test_a_cursor_that_is_not_ours_is_invalid(cursor: str) -> None:
    with pytest.raises(Invalid, match="not one of ours"):
        READ.cursor_instant(cursor)


@pytest.mark.parametrize("hours", ["1", None, True, float("inf"), float("nan"), 1e300, 10**9])
def test_hours_that_are_no_number_of_hours_are_refused(hours: Any) -> None:
    with pytest.raises(Malformed, match="hours"):
        READ.seconds_of_hours(hours, "hours", grain=60)


@pytest.mark.parametrize(
    ("hours", "grain", "seconds"), [(0.38, 60, 1380), (1.5, 1, 5400), (0.01, 1, 36), (-1.0, 60, -3600)]
)
def test_hours_become_seconds_without_floating_point(hours: float, grain: int, seconds: int) -> None:
    assert READ.seconds_of_hours(hours, "hours", grain=grain) == seconds


@pytest.mark.parametrize(
    ("value", "kind", "read"),
    [
        ("1.9", FieldKind.WHOLE_NUMBER, "1.9"),
        (1.9, FieldKind.WHOLE_NUMBER, "1.9"),
        ("1_000", FieldKind.WHOLE_NUMBER, "1_000"),
        ("１２", FieldKind.WHOLE_NUMBER, "１２"),
        (" 12", FieldKind.WHOLE_NUMBER, " 12"),
        ("12", FieldKind.WHOLE_NUMBER, 12),
        (12.0, FieldKind.WHOLE_NUMBER, 12),
        (True, FieldKind.WHOLE_NUMBER, "True"),
        ("nan", FieldKind.DECIMAL, "nan"),
        ("1e400", FieldKind.DECIMAL, "1e400"),
        (float("inf"), FieldKind.DECIMAL, "inf"),
        ("1.5", FieldKind.DECIMAL, 1.5),
        ("1026-01-01", FieldKind.DATE, "1026-01-01"),
        ("2026-10-26", FieldKind.DATE, date(2026, 10, 26)),
        ("perhaps", FieldKind.YES_OR_NO, "perhaps"),
        ("yes", FieldKind.YES_OR_NO, True),
        ("0", FieldKind.YES_OR_NO, False),
        (["a", "b"], FieldKind.SEVERAL, ("a", "b")),
        ("", FieldKind.WHOLE_NUMBER, None),
    ],
)
def test_a_field_that_holds_something_else_comes_through_as_the_text_that_it_is(
    value: Any, kind: FieldKind, read: Any
) -> None:
    found = field_value(value, kind)

    assert (found, type(found)) == (read, type(read))


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.integers())))
def test_numbers_are_finite_and_bounded_or_none(value: Any) -> None:
    for number in (whole_number_of(value), decimal_of(value)):
        assert number is None or (Decimal(number).is_finite() and abs(number) < 10**18)
