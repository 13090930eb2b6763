"""Whatever stands in Request Tracker's answers, the connectors give records or one clear error, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.conformance.helpdesk_words import drain, named, note, organizations
from connectors.conformance.tracker_bed import TODAY, at, window
from connectors.errors import ConnectorError
from connectors.records import ChangeOutcome, ChangeResult, TicketChange
from tests.conformance.request_tracker_bed import RequestTrackerBed
from tests.conformance.request_tracker_time_bed import RequestTrackerTimeBed
from tests.connectors.spoiled_answers import spoil

SEEDS = range(60)
REFERENCE = "CS-00000000-0001"


@pytest.fixture
def bed() -> Iterator[RequestTrackerBed]:
    with RequestTrackerBed.open(page_size=100) as bed:
        target = bed.file_ticket("Menu broken", tags=("vip",), cause="care", expected_minutes=30, fix_adopted=True)
        bed.merge(bed.file_ticket("Menu does not open"), target)
        bed.delete(bed.file_ticket("Spam"))
        yield bed


WAYS: dict[str, Callable[[RequestTrackerBed], Any]] = {
    "changes": lambda bed: drain(bed, bed.helpdesk()).tickets,
    "named": lambda bed: named(bed.helpdesk(), "1", "2", "3"),
    "organizations": lambda bed: organizations(bed.helpdesk()),
    "references": lambda bed: bed.helpdesk().applied_references("1", frozenset({REFERENCE})),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_spoiled_answer_gives_records_or_one_clear_error(bed: RequestTrackerBed, way: str) -> None:
    errors = []
    for seed in SEEDS:
        spoil(bed.server, bed.server.api.answer, seed)
        try:
            WAYS[way](bed)
        except ConnectorError as error:
            errors.append(str(error))
    assert errors
    assert all(one.startswith("request_tracker: ") for one in errors)


def test_a_spoiled_answer_to_a_write_gives_a_result_of_each_change(bed: RequestTrackerBed) -> None:
    changes = [
        TicketChange(
            one, REFERENCE, frozenset({"sla"}), frozenset({"old"}), {"care_minutes": 5}, note("Binnen de SLA.")
        )
        for one in ("1", "2", "3")
    ]
    told: set[ChangeOutcome] = set()
    for seed in SEEDS:
        spoil(bed.server, bed.server.api.answer, seed)
        results = list(bed.helpdesk().apply(changes))
        assert [type(one) for one in results] == [ChangeResult] * 3
        told |= {one.outcome for one in results}

    assert told >= {ChangeOutcome.APPLIED, ChangeOutcome.FAILED, ChangeOutcome.REFUSED_CLOSED}


def test_the_self_check_survives_every_answer(bed: RequestTrackerBed) -> None:
    for seed in SEEDS:
        spoil(bed.server, bed.server.api.answer, seed)
        assert all(result.passed or result.remedy for result in bed.helpdesk().check())


@pytest.mark.parametrize("way", ["window", "changes", "entry", "check"])
def test_spoiled_bookings_give_entries_or_one_clear_error(way: str) -> None:
    with RequestTrackerTimeBed.open(page_size=100) as bed:
        entry_id = bed.write_down(at(9), 3600, tags=("admin",))
        bed.edit(entry_id, seconds=1800)
        tracker = bed.tracker()
        ways: dict[str, Callable[[], Any]] = {
            "window": lambda: window(tracker, TODAY - timedelta(days=7), TODAY),
            "changes": lambda: list(tracker.changed_entries(None, at(9) - timedelta(days=7))),
            "entry": lambda: tracker.entry(entry_id),
            "check": tracker.check,
        }
        errors = []
        for seed in SEEDS:
            spoil(bed.tickets.server, bed.tickets.server.api.answer, seed)
            try:
                ways[way]()
            except ConnectorError as error:
                errors.append(str(error))
        assert errors or way == "check"
        assert all(one.startswith("request_tracker: ") for one in errors)
