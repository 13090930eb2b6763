"""Commands that need the store alone: what they show, and how they end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from care_sync.clock import SystemClock
from care_sync.model.mark import DirtyKind
from care_sync.model.time_entry import Link, LinkState
from care_sync.store import Store
from connectors.protocols import BudgetState
from connectors.records import EntryKind, EntryState, Organization, TicketChange, TimeEntry
from tests.cli.conftest import Care

NOW = datetime(2026, 11, 2, 1, 30, tzinfo=UTC)


@pytest.fixture
def customer(site_store: Store) -> Organization:
    organization = Organization("5", "Bakkerij Van Dam")
    with site_store.begin() as work:
        work.organizations.upsert([organization], NOW)
    return organization


# --- status ------------------------------------------------------------------------------------------------------


def test_status_of_a_new_site_says_that_nothing_ended_well_yet(care: Care) -> None:
    answer = care("status")

    assert (answer.code, answer.errors) == (0, "")
    assert "no pass has ended well yet" in answer.output
    assert care("status", "--json").json["lag_seconds"] is None


def test_status_tells_passes_lag_queue_limits_failures_and_attention(care: Care, site_store: Store) -> None:
    began = SystemClock().now() - timedelta(minutes=10)
    with site_store.begin() as work:
        work.passes.start("p1", "poll", began)
        work.passes.finish("p1", began + timedelta(seconds=3), {"tickets": 2})
        work.passes.start("p2", "poll", began + timedelta(minutes=5))
        work.passes.finish("p2", began + timedelta(minutes=5), {}, "toggl: is down")
        work.jobs.claim("nightly", NOW, NOW)
        work.outbox.plan(TicketChange("7", "CS-1", frozenset({"sla_included"})), "decided", NOW)
        work.dirty.mark(DirtyKind.TICKET, ["7", "8"], "test", NOW)
        work.budgets.save("toggl:12", BudgetState(17, NOW))
        work.attention.raise_("closed_ticket", "9", "ticket 9 is closed; nothing can be shown", NOW)

    found = care("status", "--json").json
    text = care("status").output

    assert 590 <= found["lag_seconds"] < 3600
    assert [one["error"] for one in found["passes"]] == ["toggl: is down", ""]
    assert found["outbox"] == {"planned": 1}
    assert found["dirty"] == {"ticket": 2}
    assert found["budgets"]["toggl:12"]["remaining"] == 17
    assert found["attention"][0]["subject"] == "9"
    for told in ("toggl: is down", "tickets 2", "nightly", "planned", "17", "ticket 9 is closed"):
        assert told in text


# --- attention and entries ---------------------------------------------------------------------------------------


def test_attention_is_listed_with_what_to_do(care: Care, site_store: Store) -> None:
    assert "Nothing needs attention." in care("attention", "list").output
    with site_store.begin() as work:
        work.attention.raise_("missing_entries", "toggl:12", "40 entries are missing; were they deleted?", NOW)

    assert "40 entries are missing" in care("attention", "list").output
    assert [one["kind"] for one in care("attention", "list", "--json").json] == ["missing_entries"]
    assert care("attention", "list", "--kind", "other", "--json").json == []

    assert care("attention", "settle", "missing_entries", "toggl:12").code == 0
    assert care("attention", "list", "--json").json == []
    assert care("attention", "settle", "missing_entries", "toggl:12").code == 2


def test_entries_without_a_ticket_are_listed_with_why_and_what_to_do(care: Care, site_store: Store) -> None:
    entry = TimeEntry(
        tracker="toggl",
        account="12",
        id="77",
        state=EntryState.STOPPED,
        kind=EntryKind.WORK,
        seconds=5400,
        work_date=date(2026, 10, 30),
        description="overleg [met] klant",
        person_name="Anna",
    )
    assert "Every time entry has its ticket." in care("entries", "unlinked").output
    with site_store.begin() as work:
        work.entries.upsert([entry], NOW)
        work.entries.set_links({entry.key: Link(LinkState.UNLINKED, reason="nothing points at a ticket")})

    text = care("entries", "unlinked").output
    (found,) = care("entries", "unlinked", "--json").json

    assert "1:30" in text
    assert "overleg [met] klant" in text
    assert "write the ticket's number in it" in text
    assert (found["entry_key"], found["seconds"], found["state"]) == ("toggl:12:77", 5400, "unlinked")


def test_copies_are_listed_with_what_they_are_copies_of(care: Care, site_store: Store) -> None:
    entry = TimeEntry("redmine", "r", "7", EntryState.STOPPED, EntryKind.WORK, 1800, date(2026, 10, 30))
    assert "No time entry is a copy" in care("entries", "copies").output
    with site_store.begin() as work:
        work.entries.upsert([entry], NOW)
        work.entries.set_links({entry.key: Link(LinkState.COPY, ticket_id="12", reason="a copy of toggl:1:7")})

    text = care("entries", "copies").output
    (found,) = care("entries", "copies", "--json").json

    assert "0:30" in text
    assert "a copy of toggl:1:7" in text
    assert (found["entry_key"], found["state"], found["reason"]) == ("redmine:r:7", "copy", "a copy of toggl:1:7")
    assert care("entries", "unlinked", "--json").json == []


# --- cards -------------------------------------------------------------------------------------------------------


def test_a_card_is_bought_at_the_rate_of_the_year_and_shown(
    care: Care, site_store: Store, customer: Organization
) -> None:
    bought = care("cards", "buy", "bakkerij van dam", "--hours", "50", "--on", "2026-03-02", "--reference", "F1")

    assert bought.code == 0
    assert "card 1 of 50:00 hours at 92.50 per hour" in bought.output
    (card,) = care("cards", "list", "--json").json
    assert (card["customer"], card["left_seconds"], card["rate"]) == ("Bakkerij Van Dam", 180_000, "92.50")
    shown = care("cards", "show", "1", "--json").json
    assert [(one["kind"], one["seconds"], one["clauses"]) for one in shown["movements"]] == [
        ("purchase", 180_000, ["H1"])
    ]
    assert "50:00 of 50:00 hours left" in care("cards", "show", "1").output
    assert "Bakkerij Van Dam" in care("cards", "list", "Bakkerij Van Dam").output
    with site_store.read() as work:
        assert work.dirty.take(DirtyKind.ORGANIZATION) == {"5": 1}
        assert work.cards.all()[0].rate == Decimal("92.50")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["5", "--hours", "49"], 2, "at least 50 hours (H1)"),
        (["5", "--hours", "veel"], 2, '"veel" is not a number'),
        (["5", "--hours", "nan"], 2, '"nan" is not a number'),
        (["5", "--hours", "50", "--on", "2025-01-01"], 2, "no hourly rate is configured for 2025"),
        (["5", "--hours", "50", "--on", "gisteren"], 2, "gisteren"),
        (["Van Dam", "--hours", "50"], 2, "did you mean Bakkerij Van Dam?"),
        (["Nobody", "--hours", "50"], 2, "run `care-sync sync` to read the customers first"),
        (["5"], 2, "--hours"),
    ],
)
def test_a_purchase_that_is_wrong_is_told_and_nothing_is_booked(
    care: Care, site_store: Store, customer: Organization, arguments: list[str], code: int, told: str
) -> None:
    answer = care("cards", "buy", *arguments)

    assert (answer.code, answer.output) == (code, "")
    assert told in " ".join(answer.errors.replace("│", " ").split())
    with site_store.read() as work:
        assert work.cards.all() == []
        assert work.ledger.count() == 0


def test_fewer_hours_than_the_minimum_are_sold_for_a_reason(care: Care, customer: Organization) -> None:
    assert care("cards", "buy", "5", "--hours", "12,5", "--rate", "80", "--reason", "coulance").code == 0
    assert care("cards", "show", "1", "--json").json["movements"][0]["reason"] == "coulance"


def test_a_card_that_is_not_there_is_told(care: Care) -> None:
    answer = care("cards", "show", "9")

    assert (answer.code, answer.output) == (2, "")
    assert "there is no card 9" in answer.errors


# --- store and config --------------------------------------------------------------------------------------------


def test_a_store_is_made_by_migrating_and_migrating_twice_does_no_harm(care: Care, site: Path) -> None:
    (site / "store.sqlite").unlink()
    missing = care("status")
    assert missing.code == 2
    assert "care-sync store migrate" in missing.errors

    assert care("store", "migrate").code == 0
    assert care("store", "migrate").code == 0
    assert care("status").code == 0


def test_config_check_says_what_is_right_and_what_is_not(care: Care, site: Path) -> None:
    assert care("config", "check").output.count("✓") >= 3
    (site / "templates" / "nl").mkdir(parents=True)
    (site / "templates" / "nl" / "note.txt.j2").write_text("{{ nobody }}")
    with (site / "config.yaml").open("a") as file:
        file.write("messages: {templates: templates}\n")

    answer = care("config", "check")

    assert answer.code == 1
    assert "note.txt.j2:1" in answer.output
    assert "'nobody' is undefined" in answer.output


def test_config_show_tells_everything_but_secrets(care: Care) -> None:
    shown = care("config", "show", "--json").json

    assert shown["company"]["time_zone"] == "Europe/Amsterdam"
    assert shown["helpdesk"]["api_token"] == "[hidden]"
    assert "hush" not in care("config", "show").output


def test_wrong_settings_are_told_without_a_traceback(care: Care, site: Path) -> None:
    (site / "config.yaml").write_text("company: {nam: CARE}\n")

    answer = care("status")

    assert (answer.code, answer.output) == (2, "")
    assert "company.nam is not a setting; did you mean name?" in answer.errors
    assert "Traceback" not in answer.errors
