"""Answers of products that are cut off, malformed or of a wrong type, at every stage of a pass.

Each gives a clear error that names the product and no secret, and leaves the store as it was; when the product answers
again, everything is made good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from care_sync.ledger import audit
from care_sync.model.attention import Attention
from care_sync.model.mark import DirtyKind
from care_sync.pipeline.run import PassKind
from care_sync.pipeline.unreadable import UNREADABLE
from connectors.sandbox.server import Answer, FaultKind, Request, SandboxServer
from tests.connectors.spoiled_answers import spoil
from tests.system.dump import dump
from tests.system.office import HOUR, INCIDENT, TOKEN, Office, open_office

BAD = (FaultKind.CUT_OFF, FaultKind.MALFORMED, FaultKind.WRONG_SHAPE)
SECRETS = (TOKEN, "hook-4f1c9a7e2b8d")


@pytest.fixture
def office(tmp_path: Path, sqlite_store_url: str) -> Iterator[Office]:
    """An office in which everything was synced: a ticket with an hour of work inside the SLA."""
    with open_office(tmp_path, sqlite_store_url) as opened:
        opened.add_customer("Acme")
        opened.toggl.workspace.add_user("Bert")
        ticket = opened.file_ticket(**INCIDENT, cause="care")
        opened.work(ticket, 60)
        opened.sync()
        opened.clock.advance(timedelta(hours=2))
        opened.sync()
        yield opened


def first(office: Office) -> str:
    return str(min(office.account.records.tickets))


def a_fact_changes(office: Office) -> None:
    office.set_facts(first(office), cause="third_party")


def fields_are_read_anew(office: Office) -> None:
    office.start()
    a_fact_changes(office)


def a_ticket_is_named(office: Office) -> None:
    with office.application.store.begin() as work:
        work.dirty.mark(DirtyKind.FETCH_TICKET, [first(office)], "webhook", office.clock.now())
    a_fact_changes(office)


def a_ticket_is_merged(office: Office) -> None:
    stays = office.file_ticket(**INCIDENT, cause="third_party")
    office.account.merge([int(first(office))], int(stays), office.agent)


def the_sla_ends(office: Office) -> None:
    office.account.edit_organization(office.organization("Acme"), sla=False)


def a_colleague_works(office: Office) -> None:
    """Half an hour outside the SLA, on a project that nobody has seen yet."""
    workspace = office.toggl.workspace
    colleague = list(workspace.users)[-1]
    project = workspace.add_project("Nieuw", workspace.add_client("Acme"))
    start = office.clock.now() - timedelta(hours=1)
    workspace.write_down(
        colleague, start, 30 * 60, f"#{first(office)} meerwerk", project_id=project, tags=("extra_work",)
    )


def anna_works(office: Office) -> None:
    office.work(first(office), 30, "extra_work")


CHARGED = {"invoice:2026-10": HOUR}
AFTER_THE_SLA = {"sla": HOUR, "invoice:2026-10": HOUR // 2}
WITH_EXTRA = {"sla": HOUR, "invoice:2026-10": HOUR // 2}
READING: dict[str, tuple[str, str, PassKind, Callable[[Office], None], dict[str, int]]] = {
    "tickets": ("zendesk", "GET .*incremental", PassKind.POLL, a_fact_changes, CHARGED),
    "ticket fields": ("zendesk", "GET .*ticket_fields", PassKind.POLL, fields_are_read_anew, CHARGED),
    "named tickets": ("zendesk", "GET .*tickets/show_many", PassKind.WAKE, a_ticket_is_named, CHARGED),
    "merges": ("zendesk", "GET .*audits", PassKind.POLL, a_ticket_is_merged, CHARGED),
    "organizations": ("zendesk", "GET .*organizations", PassKind.FULL, the_sla_ends, AFTER_THE_SLA),
    "own time": ("toggl", "GET .*me/time_entries", PassKind.POLL, anna_works, WITH_EXTRA),
    "everybody's time": ("toggl", "POST .*search/time_entries", PassKind.FULL, a_colleague_works, WITH_EXTRA),
    "projects": ("toggl", "GET .*projects", PassKind.FULL, a_colleague_works, WITH_EXTRA),
}


@pytest.mark.parametrize("stage", READING)
def test_a_bad_answer_leaves_the_store_as_it_was_and_is_made_good(office: Office, stage: str) -> None:
    product, route, kind, change, expected = READING[stage]
    server: SandboxServer = office.zendesk if product == "zendesk" else office.toggl
    change(office)
    before = readings(office, product)
    for fault in BAD:
        server.faults.add(fault, route=route)
        report = office.try_sync(kind)
        assert report.failures, fault
        for failure in report.failures:
            assert failure.startswith(f"{product}: "), failure
            assert "Traceback" not in failure
            assert not any(secret in failure for secret in SECRETS)
        assert readings(office, product) == before, fault
        server.faults.clear()
    office.sync()
    if stage == "organizations":  # what is agreed counts for what is reported from then on
        office.work(office.file_ticket(**INCIDENT, cause="care"), 30)
        office.sync()
    assert office.balances() == expected
    assert office.sync().counts["writes_planned"] == 0


def readings(office: Office, product: str) -> dict[str, list[tuple[Any, ...]]]:
    """What the store holds; the other product may have been read further meanwhile."""
    found = dump(office.application.store)
    found["cursors"] = [row[:2] for row in found["cursors"] if product in str(row[0])]
    return found


def spoiled(route: str, change: Callable[[Any], None], server: SandboxServer) -> None:
    """From now on answers on a route are changed before they go out."""
    honest = server.answer

    def answer(request: Request) -> Answer:
        told = honest(request)
        if route in request.path:
            change(told.data)
        return told

    server.answer = answer  # type: ignore[method-assign]


def put(name: str, value: Any) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        data["tickets"][0][name] = value

    return change


WRONG_PAGES: dict[str, tuple[Callable[[Any], None], str]] = {
    "no list": (lambda data: data.update(tickets={"1": {}}), "tickets should be a list"),
    "nothing in the list": (lambda data: data.update(tickets=[None]), "tickets"),
    "a cursor that is a number": (lambda data: data.update(after_cursor=7), "how it goes on"),
}


@pytest.mark.parametrize("wrong", WRONG_PAGES)
def test_a_page_of_another_shape_is_refused_whole(office: Office, wrong: str) -> None:
    change, named = WRONG_PAGES[wrong]
    a_fact_changes(office)
    before = readings(office, "zendesk")
    spoiled("incremental", change, office.zendesk)
    (failure,) = office.try_sync(PassKind.POLL).failures
    assert failure.startswith("zendesk: ")
    assert named in failure
    assert readings(office, "zendesk") == before
    answer_honestly(office)
    office.sync(PassKind.POLL)
    assert office.balances() == CHARGED


WRONG_TICKETS: dict[str, tuple[Callable[[Any], None], str]] = {
    "a subject that is a list": (put("subject", ["x"]), "ticket.subject"),
    "tags that are text": (put("tags", "vip spoed"), "ticket.tags"),
    "a status of its own": (put("status", "parked"), "ticket.status"),
    "an organization that is an object": (put("organization_id", {"id": 1}), "ticket.organization_id"),
    "fields that are no list": (put("custom_fields", {"1": "x"}), "ticket.custom_fields"),
    "a day for an instant": (put("created_at", "yesterday"), "ticket.created_at"),
    "the year 1026": (put("updated_at", "1026-10-26T12:00:00Z"), "1026"),
    "the year 2206": (put("created_at", "2206-10-26T12:00:00Z"), "2206"),
    "an instant that no calendar has": (put("created_at", "9999-12-31T23:59:59-14:00"), "9999"),
    "a number without end": (put("requester_id", 10**400), "ticket.requester_id"),
}


@pytest.mark.parametrize("wrong", WRONG_TICKETS)
def test_a_ticket_that_cannot_be_read_is_set_aside_and_the_page_goes_on(office: Office, wrong: str) -> None:
    change, named = WRONG_TICKETS[wrong]
    other = office.file_ticket(**INCIDENT, cause="care")
    office.work(other, 30)
    a_fact_changes(office)
    office.clock.advance(timedelta(hours=1))
    for route in ("incremental", "tickets/show_many"):
        spoiled(route, lambda data: change_first(data, first(office), change), office.zendesk)

    office.sync(PassKind.POLL)

    assert office.balances() == {"sla": HOUR + HOUR // 2}
    (attention,) = attentions(office)
    assert attention.subject == f"zendesk:care:ticket:{first(office)}"
    assert named in attention.message
    office.sync(PassKind.POLL)
    assert len(attentions(office)) == 1
    answer_honestly(office)
    office.sync(PassKind.POLL)
    assert office.balances() == {"sla": HOUR // 2, **CHARGED}
    assert attentions(office) == []


def change_first(data: Any, ticket_id: str, change: Callable[[Any], None]) -> None:
    """Change one ticket of an answer, whatever its place."""
    for ticket in data["tickets"]:
        if str(ticket["id"]) == ticket_id:
            change({"tickets": [ticket]})


def test_a_customer_that_cannot_be_read_is_set_aside_and_its_tickets_go_on(office: Office) -> None:
    a_fact_changes(office)
    spoiled("incremental", lambda data: data["organizations"][0].update(name=7), office.zendesk)

    office.sync(PassKind.POLL)

    assert office.balances() == CHARGED
    assert [one.subject.split(":")[2] for one in attentions(office)] == ["organization"]


def attentions(office: Office) -> list[Attention]:
    with office.application.store.read() as work:
        return work.attention.all(UNREADABLE)


def answer_honestly(office: Office) -> None:
    office.zendesk.answer = office.zendesk.api.answer  # type: ignore[method-assign]
    office.toggl.answer = office.toggl.api.answer  # type: ignore[method-assign]


WRONG_ENTRIES: dict[str, Callable[[Any], None]] = {
    "a duration in words": lambda data: data[-1]["time_entries"][0].update(seconds="an hour"),
    "a duration without end": lambda data: data[-1]["time_entries"][0].update(seconds=10**20),
    "a start that is no instant": lambda data: data[-1]["time_entries"][0].update(start="this morning"),
    "a start in the year 2206": lambda data: data[-1]["time_entries"][0].update(start="2206-10-26T12:00:00Z"),
    "no id": lambda data: data[-1]["time_entries"][0].pop("id"),
    "entries that are no list": lambda data: data[-1].update(time_entries={"id": 1}),
    "a description that is a number": lambda data: data[-1].update(description=5),
}


@pytest.mark.parametrize("wrong", WRONG_ENTRIES)
def test_a_time_entry_that_cannot_be_read_is_set_aside_and_never_gone(office: Office, wrong: str) -> None:
    a_colleague_works(office)
    office.sync()
    before = office.balances()
    spoiled("search/time_entries", WRONG_ENTRIES[wrong], office.toggl)

    office.sync()

    assert office.balances() == before == WITH_EXTRA
    assert [one.subject.split(":")[2] for one in attentions(office)] == ["time entry"]
    with office.application.store.read() as work:
        assert work.entries.missing("toggl", office.application.site.trackers["toggl"].account) == []
    answer_honestly(office)
    office.sync()
    assert office.balances() == WITH_EXTRA
    assert attentions(office) == []


def test_a_window_that_is_empty_by_mistake_gives_nothing_back(office: Office) -> None:
    for _ in range(10):
        office.work(first(office), 6)
    office.sync()
    before = office.balances()
    spoiled("search/time_entries", lambda data: data.clear(), office.toggl)
    report = office.try_sync()
    assert "Nothing was given back" in report.failures[0]
    assert office.balances() == before
    answer_honestly(office)
    office.sync()
    assert office.balances() == before
    with office.application.store.read() as work:
        assert work.attention.all() == []


@pytest.mark.parametrize("route", ["PUT .*update_many", "GET .*job_statuses", "GET .*tickets/show_many"])
def test_a_bad_answer_to_a_write_ends_in_one_note(office: Office, route: str) -> None:
    for fault in BAD:
        ticket = office.file_ticket(**INCIDENT, cause="care")
        ledger = dump(office.application.store)["transactions"]
        office.zendesk.faults.add(fault, route=route)
        office.try_sync(PassKind.POLL)
        office.zendesk.faults.clear()
        assert dump(office.application.store)["transactions"] == ledger
        office.clock.advance(timedelta(hours=2))
        office.sync(PassKind.POLL)
        assert office.ours(ticket) == {"sla_included", "route_sla", "next_handle"}, fault
        assert len(office.notes(ticket)) == 1, fault


@pytest.mark.slow
@pytest.mark.parametrize("product", ["zendesk", "toggl"])
def test_whatever_stands_in_answers_a_pass_ends_in_words_and_the_ledger_is_whole(office: Office, product: str) -> None:
    server = office.zendesk if product == "zendesk" else office.toggl
    failures = []
    for seed in range(40):
        office.work(office.file_ticket(**INCIDENT, cause="care"), 10)
        spoil(server, server.api.answer, seed)  # type: ignore[attr-defined]
        failures += office.try_sync().failures
        with office.application.store.read() as work:
            assert list(audit.verify(work)) == []
    assert failures
    assert not any(secret in failure for failure in failures for secret in SECRETS)
    server.answer = server.api.answer  # type: ignore[attr-defined, method-assign]
    for ticket in office.account.records.tickets:
        office.account.touch(ticket)
    office.clock.advance(timedelta(hours=2))
    office.try_sync()
    office.clock.advance(timedelta(hours=2))
    office.sync()
    assert office.balances() == {"sla": HOUR + 40 * 600}
