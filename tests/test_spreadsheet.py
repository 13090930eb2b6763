"""Tables as spreadsheets save them: nothing is guessed, and what cannot be used is told by its place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care_sync import spreadsheet
from care_sync.spreadsheet import TableError

COLUMNS = {"name": ("naam",), "amount": ("aantal", "stuks")}


def table(text: str) -> list[tuple[int, str, str]]:
    found = spreadsheet.rows(text, COLUMNS, frozenset({"amount"}))
    return [(row.line, row.cells["name"], row.cells["amount"]) for row in found]


@pytest.mark.parametrize(
    "data",
    [
        "naam;stuks\nBakkerij Zoë;3\n".encode(),
        "naam;stuks\r\nBakkerij Zoë;3\r\n".encode("utf-8-sig"),
        "naam;stuks\nBakkerij Zoë;3".encode("cp1252"),
        "naam\tstuks\nBakkerij Zoë\t3".encode("utf-16"),
        '\n\nStuks,"Naam"\n3,"Bakkerij Zoë"\n,\n'.encode(),
    ],
    ids=["utf-8", "with a mark", "windows", "utf-16", "another order"],
)
def test_every_flavour_is_read(data: bytes) -> None:
    assert [row[1:] for row in table(spreadsheet.decoded(data))] == [("Bakkerij Zoë", "3")]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    assert table('naam;stuks\n\n"twee\nregels";1\nb;2\n') == [(3, "twee\nregels", "1"), (5, "b", "2")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is empty"),
        ("naam;soort\na;1", 'column "soort" is not known'),
        ("naam;naam\na;1", "stands there twice"),
        ("stuks\n1", "column name is missing"),
        ("nam;stuks\na;1", "did you mean name?"),
        ("naam,stuks\na,62,5", "line 2 has 3 cells, the header 2"),
        ("naam;stuks\na", "line 2 has 1 cells, the header 2"),
        ('naam;stuks\n"a;1', "no proper CSV"),
    ],
)
def test_a_table_that_cannot_be_read_is_told(text: str, told: str) -> None:
    with pytest.raises(TableError, match=told.replace("?", r"\?")):
        table(text)


@pytest.mark.parametrize("data", [b"PK\x03\x04\x00\x00\x8f", b"\xff\xfe\x00"])
def test_what_is_no_text_is_told(data: bytes) -> None:
    with pytest.raises(TableError, match="it is no text"):
        spreadsheet.decoded(data)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("62,5", "62.5"),
        ("62.5", "62.5"),
        (" 50 ", "50"),
        ("1.250,50", "1250.50"),
        ("1,250.50", "1250.50"),
        ("1.234.567", "1234567"),
        ("€ 92,50", "92.50"),
        ("1\u00a0250,5", "1250.5"),
        ("0.125", "0.125"),
        ("-3", "-3"),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: str) -> None:
    assert spreadsheet.number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["1.250", "12,500", "100.000"])
def test_a_number_that_two_people_read_differently_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="two ways"):
        spreadsheet.number(text)


@pytest.mark.parametrize("text", ["", "veel", "1,2,3", "1.2.3", "12.34,56.7", "1e5", "nan", "--1", "1.25,1.25"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        spreadsheet.number(text)


def test_hours_are_read_by_the_clock_too() -> None:
    assert spreadsheet.hours("12:30") == Decimal("12.5")
    with pytest.raises(ValueError, match="no number"):
        spreadsheet.hours("12:75")


@pytest.mark.parametrize("text", ["2025-03-01", "1-3-2025", "01.03.2025", "2025-3-1"])
def test_days_are_read_day_before_month(text: str) -> None:
    assert spreadsheet.day(text) == date(2025, 3, 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("3/1/2025", "two ways"),
        ("31-2-2025", "does not exist"),
        ("1-3-25", "no day"),
        ("maart", "no day"),
        ("45717", "no day"),
        ("1-3/2025", "no day"),
    ],
)
def test_what_is_no_day_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        spreadsheet.day(text)


def test_slashes_are_read_where_they_can_mean_one_day_only() -> None:
    assert spreadsheet.day("31/3/2025") == date(2025, 3, 31)
    assert spreadsheet.day("3/3/2025") == date(2025, 3, 3)


@given(st.text(), st.binary())
def test_whatever_stands_there_is_read_or_told(text: str, data: bytes) -> None:
    for read in (spreadsheet.number, spreadsheet.hours, spreadsheet.day):
        try:
            read(text)
        except ValueError:
            continue
    try:
        table(spreadsheet.decoded(data))
    except TableError:
        return
