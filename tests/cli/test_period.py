"""Closing months from the command line."""

from __future__ import annotations

import io
from datetime import date

import pytest

from care_sync.model.mark import DirtyKind
from care_sync.store import Store
from connectors.records import Organization
from rules.model.words import Route
from tests.cli.conftest import Care
from tests.ledger.book_keeping import HOUR, NOW, entry, post, standing

AUGUST = date(2025, 8, 5)


@pytest.fixture
def worked(site_store: Store) -> Store:
    """A customer with time of two past months: pending, under review, and posted."""
    with site_store.begin() as work:
        work.organizations.upsert([Organization("5", "Bakkerij Van Dam")], NOW)
        post(
            work,
            entry("a", HOUR, Route.PENDING, AUGUST),
            entry("b", 600, Route.REVIEW, AUGUST),
            entry("c", HOUR, Route.PENDING, date(2025, 9, 1)),
        )
        work.dirty.mark(DirtyKind.TICKET, ["8"], "test", NOW)
        work.passes.start("p", "full", NOW)
        work.passes.finish("p", NOW, {})
    return site_store


def test_a_month_closes_after_showing_what_is_open_in_it(care: Care, worked: Store) -> None:
    assert "No month is closed yet." in care("period", "list").output

    answer = care("period", "close", "2025-08", "--yes")

    assert (answer.code, answer.errors) == (0, "")
    for told in (
        "changes were read and not yet posted",
        "Pending: 1:00 hours",
        "Under review: 0:10 hours",
        "Bakkerij Van Dam",
        "The month 2025-08 is closed.",
        "1:00 hours of 1 tickets were charged",
    ):
        assert told in answer.output
    with worked.read() as work:
        assert standing(work) == {"invoice:2025-08": HOUR, "review": 600, "pending": HOUR}
    (closed,) = care("period", "list", "--json").json
    assert (closed["period"], len(closed["hash"])) == ("2025-08", 64)
    assert "2025-08" in care("period", "list").output


def test_a_script_looks_first_and_closes_with_yes(care: Care, worked: Store) -> None:
    looked = care("period", "close", "2025-08", "--json").json
    assert (looked["closed"], [one["seconds"] for one in looked["pending"]]) == (False, [HOUR])
    with worked.read() as work:
        assert work.periods.closed() == []

    done = care("period", "close", "2025-08", "--json", "--yes").json

    assert done["closed"]
    assert done["charged"] == [
        {"ticket_id": "1", "organization_id": "5", "seconds": HOUR, "shares": {"invoice:2025-08": HOUR}}
    ]


def test_a_month_that_no_full_pass_has_read_to_its_end_is_refused_unless_somebody_says_why(
    care: Care, worked: Store
) -> None:
    with worked.begin() as work:
        for pass_id, kind, error in (("q", "full", "toggl is down"), ("r", "poll", "")):
            work.passes.start(pass_id, kind, NOW)
            work.passes.finish(pass_id, NOW, {}, error)
        work.passes.finish("p", NOW, {}, "toggl is down")

    refused = care("period", "close", "2025-08", "--yes")

    assert (refused.code, "no full pass without failures has run since 2025-08 ended" in refused.errors) == (1, True)
    left = {item["kind"]: item["command"] for item in care("period", "close", "2025-08", "--json").json["unsettled"]}
    assert left["not_read"] == "care-sync sync"
    with worked.read() as work:
        assert work.periods.closed() == []
    assert care("period", "close", "2025-08", "--yes", "--anyway", "Toggl was left in July").code == 0
    (closed,) = care("period", "list", "--json").json
    assert closed["closed_by"].endswith("unread: Toggl was left in July")


@pytest.mark.parametrize(
    ("period", "told"),
    [
        ("2025-09", "the month 2025-08 is still open"),
        ("2125-01", "is not over yet"),
        ("augustus", "is not a month"),
    ],
)
def test_a_month_that_cannot_close_is_told(care: Care, worked: Store, period: str, told: str) -> None:
    answer = care("period", "close", period, "--yes")

    assert (answer.code, answer.output) == (2, "")
    assert told in answer.errors


def test_without_a_yes_nothing_is_closed(care: Care, worked: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))

    answer = care("period", "close", "2025-08")

    assert answer.code == 1
    assert "The month 2025-08 stays open." in answer.output
    with worked.read() as work:
        assert work.periods.closed() == []


def test_a_closed_month_cannot_be_closed_again_or_opened(care: Care, worked: Store) -> None:
    care("period", "close", "2025-08", "--yes")

    answer = care("period", "close", "2025-08", "--yes")

    assert (answer.code, "2025-08 is closed already" in answer.errors) == (2, True)


def test_a_card_bought_in_a_closed_month_is_booked_in_the_open_one(care: Care, worked: Store) -> None:
    care("period", "close", "2025-08", "--yes")

    bought = care("cards", "buy", "5", "--hours", "50", "--rate", "90", "--on", "2025-08-01")

    assert bought.code == 0
    with worked.read() as work:
        assert [one.period for one in work.ledger.of_organization("5") if one.kind == "purchase"] == ["2025-09"]
