"""Deciding on reviewed time from the command line."""

from __future__ import annotations

import pytest

from care_sync.store import Store
from connectors.records import Organization, Ticket, TicketStatus
from rules.model.words import Route
from tests.cli.conftest import Care
from tests.ledger.book_keeping import HOUR, NOW, entry, post


@pytest.fixture
def waiting(site_store: Store) -> Store:
    """A ticket with an hour and a half that waits."""
    with site_store.begin() as work:
        work.organizations.upsert([Organization("5", "Bakkerij Van Dam")], NOW)
        work.tickets.upsert([Ticket("1", "123", "Korte vraag", TicketStatus.OPEN, NOW, NOW, organization_id="5")], NOW)
        post(work, entry("a", HOUR, Route.REVIEW), entry("b", HOUR // 2, Route.REVIEW))
    return site_store


def test_time_that_waits_is_listed_and_decided_on(care: Care, waiting: Store) -> None:
    listed = care("review", "list").output
    for told in ("1:30 hours wait for review", "Bakkerij Van Dam", "#123", "Korte vraag"):
        assert told in listed
    assert [one["seconds"] for one in care("review", "list", "5", "--json").json] == [HOUR, HOUR // 2]

    done = care("review", "decide", "#123", "--charge", "70", "--reason", "agreed by telephone")

    assert (done.code, done.errors) == (0, "")
    assert "1:10 of 1:30 hours are charged; the next pass posts it." in done.output
    (kept,) = care("review", "history", "b", "--json").json
    assert (kept["charged_seconds"], kept["judged_seconds"], kept["reason"]) == (600, 1800, "agreed by telephone")
    assert "agreed by telephone" in care("review", "history", "b").output


def test_one_entry_is_decided_on(care: Care, waiting: Store) -> None:
    (done,) = care("review", "decide", "a", "--charge", "none", "--reason", "our mistake", "--json").json

    assert (done["entry_key"], done["charged_seconds"]) == ("a", 0)
    assert "Nobody has judged b." in care("review", "history", "b").output


def test_nothing_waiting_is_told(care: Care) -> None:
    assert "No time waits for review." in care("review", "list").output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["#123", "--charge", "some", "--reason", "x"], "is not all, none or a number of minutes"),
        (["#123", "--charge", "91", "--reason", "x"], "cannot be charged"),
        (["#123", "--charge", "all", "--reason", " "], "needs a reason"),
        (["#123", "--charge", "all"], "--reason"),
        (["#124", "--charge", "all", "--reason", "x"], "there is no ticket #124"),
        (["c", "--charge", "all", "--reason", "x"], "has no time to review"),
        (["#123", "--charge", "all", "--anew", "--reason", "x"], "only one entry at a time"),
    ],
)
def test_a_wrong_decision_is_told_and_nothing_is_kept(
    care: Care, waiting: Store, arguments: list[str], told: str
) -> None:
    answer = care("review", "decide", *arguments)

    assert (answer.code, answer.output) == (2, "")
    assert told in " ".join(answer.errors.replace("│", " ").split())
    with waiting.read() as work:
        assert work.verdicts.get_many(["a", "b"]) == {}
