"""Whatever stands in Zendesk's answers, the connector gives records or one clear error, and never anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.conformance.helpdesk_bed import LONG_AGO
from connectors.conformance.helpdesk_words import drain, named, note, organizations
from connectors.errors import ConnectorError, Malformed
from connectors.records import ChangeOutcome, ChangeResult, TicketChange
from connectors.sandbox.server import Answer
from tests.conformance.zendesk_bed import ZendeskBed
from tests.connectors.spoiled_answers import spoil

SEEDS = range(60)
REFERENCE = "CS-00000000-0001"


@pytest.fixture
def bed() -> Iterator[ZendeskBed]:
    with ZendeskBed.open(page_size=100) as bed:
        target = bed.file_ticket("Menu broken", tags=("vip",), cause="care", expected_minutes=30, fix_adopted=True)
        bed.merge(bed.file_ticket("Menu does not open"), target)
        bed.settle()
        yield bed


WAYS: dict[str, Callable[[ZendeskBed], Any]] = {
    "changes": lambda bed: drain(bed, bed.helpdesk()).tickets,
    "named": lambda bed: named(bed.helpdesk(), "1001", "1002"),
    "organizations": lambda bed: organizations(bed.helpdesk()),
    "references": lambda bed: bed.helpdesk().applied_references("1001", frozenset({REFERENCE})),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_spoiled_answer_gives_records_or_one_clear_error(bed: ZendeskBed, way: str) -> None:
    errors = []
    for seed in SEEDS:
        spoil(bed.server, bed.server.api.answer, seed)
        try:
            WAYS[way](bed)
        except ConnectorError as error:
            errors.append(str(error))
    assert errors
    assert all(one.startswith("zendesk: ") for one in errors)


def test_a_spoiled_answer_to_a_write_gives_a_result_of_each_change(bed: ZendeskBed) -> None:
    changes = [
        TicketChange(
            ticket_id, REFERENCE, frozenset({"sla"}), frozenset({"old"}), {"care_minutes": 5}, note("Binnen de SLA.")
        )
        for ticket_id in ("1001", "1002")
    ]
    told: set[ChangeOutcome] = set()
    for seed in SEEDS:
        spoil(bed.server, bed.server.api.answer, seed)
        try:
            results = list(bed.helpdesk().apply(changes))
        except ConnectorError:
            continue
        assert [type(one) for one in results] == [ChangeResult] * 2
        told |= {one.outcome for one in results}

    assert told >= {ChangeOutcome.APPLIED, ChangeOutcome.UNCERTAIN}


def test_the_self_check_survives_every_answer(bed: ZendeskBed) -> None:
    for seed in SEEDS:
        spoil(bed.server, bed.server.api.answer, seed)
        assert all(result.passed or result.remedy for result in bed.helpdesk().check())


@pytest.mark.parametrize(
    "data",
    [
        {"tickets": [], "after_cursor": "x"},
        {"tickets": [], "after_cursor": None, "end_of_stream": False},
        {"tickets": [], "after_cursor": 7, "end_of_stream": True},
        {"tickets": None, "after_cursor": "x", "end_of_stream": True},
    ],
)
def test_a_page_that_does_not_tell_how_it_goes_on_is_an_error(bed: ZendeskBed, data: dict[str, Any]) -> None:
    bed.server.answers_instead = Answer(data=data)

    with pytest.raises(Malformed):
        list(bed.helpdesk(fields={}).changed_tickets(None, bed.now() - LONG_AGO))


def test_pages_that_lead_to_themselves_come_to_an_end(bed: ZendeskBed) -> None:
    bed.server.answers_instead = Answer(data={"tickets": [], "after_cursor": "same", "end_of_stream": False})

    with pytest.raises(Malformed):
        list(bed.helpdesk(fields={}).changed_tickets("same", bed.now()))
