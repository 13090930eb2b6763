"""``care-sync audit`` over a whole office: what differs is named, and the command that is named repairs it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from care_sync.pipeline.run import PassKind
from connectors.sandbox.moneybird import SandboxMoneybird
from connectors.sandbox.moneybird_state import MoneybirdAdministration
from connectors.sandbox.server import FaultKind
from tests.system.office import INCIDENT, Office
from tests.system.test_commands import Shell


@pytest.fixture
def care(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(office, tmp_path / "config.yaml", capsys)


@pytest.fixture
def ticket(office: Office) -> str:
    """A ticket with an hour of work, synced, and a second one without any."""
    found = office.file_ticket(**INCIDENT, cause="care")
    office.work(found, 60)
    office.file_ticket(**INCIDENT)
    office.sync()
    office.later()
    return found


def audit(care: Shell, *arguments: str) -> list[dict[str, str]]:
    code, output = care("audit", "--json", *arguments)
    found: list[dict[str, str]] = json.loads(output)["differences"]
    assert code == (1 if found else 0)
    return found


def repair(office: Office, care: Shell, command: str) -> None:
    """Run the command that a difference named."""
    office.later()
    program, *arguments = shlex.split(command)
    assert program == "care-sync"
    assert care(*arguments)[0] == 0


def test_after_a_pass_everything_agrees_and_nothing_is_written(office: Office, care: Shell, ticket: str) -> None:
    before = len(office.zendesk.requests)

    assert audit(care) == []
    assert "Everything agrees" in care("audit")[1]
    assert "the store with itself" in care("audit", "--offline")[1]
    asked = {(one.method, one.path) for one in office.zendesk.requests[before:]}
    assert {method for method, _ in asked} == {"GET"}


def test_tags_and_fields_that_somebody_changed_are_named_and_put_right(
    office: Office, care: Shell, ticket: str
) -> None:
    tags = sorted((office.tags(ticket) - {"sla_included"}) | {"route_review", "vip"})
    office.account.update(int(ticket), office.agent, {"tags": tags})
    by_title = {one.title: one.id for one in office.account.records.ticket_fields.values()}
    minutes = {"id": by_title["CARE minuten"], "value": 5}
    office.account.update(int(ticket), office.agent, {"custom_fields": [minutes]})

    (one,) = audit(care)
    assert (one["where"], one["subject"]) == ("zendesk", f"#{ticket}")
    for told in ("tag route_review", "tag sla_included", "care_minutes"):
        assert told in one["message"]
    repair(office, care, one["repair"])
    assert audit(care) == []
    assert "vip" in office.tags(ticket)


def test_what_the_store_believes_to_have_shown_is_held_against_what_stands(
    office: Office, care: Shell, ticket: str
) -> None:
    """Somebody changed both the ticket and our copy of it: only what it should show tells."""
    office.account.update(int(ticket), office.agent, {"tags": sorted(office.tags(ticket) - {"sla_included"})})
    site = office.application.site
    reading = site.helpdesk.tickets([ticket]).tickets
    with office.application.store.begin() as work:
        work.tickets.upsert(reading, site.now())

    (one,) = audit(care)
    assert one["message"] == "it lacks the tag sla_included"
    repair(office, care, one["repair"])
    assert audit(care) == []


def test_a_fact_that_was_changed_and_not_read_is_named(office: Office, care: Shell, ticket: str) -> None:
    office.set_facts(ticket, cause="customer")

    (one,) = audit(care)
    assert "changed since it was last read" in one["message"]
    assert one["message"].endswith("cause")
    repair(office, care, one["repair"])
    assert audit(care) == []


@pytest.mark.parametrize("what", ["edited", "deleted", "new"])
def test_time_that_differs_from_the_tracker_is_named_and_read_again(
    office: Office, care: Shell, ticket: str, what: str
) -> None:
    entry = next(iter(office.toggl.workspace.entries))
    if what == "edited":
        office.toggl.workspace.edit(entry, duration=30 * 60)
    elif what == "deleted":
        office.toggl.workspace.delete(entry)
    else:
        office.work(ticket, 15)

    (one,) = audit(care)
    assert one["where"] == "toggl"
    assert {"edited": "lasts 0:30 in the tracker and 1:00", "deleted": "not in the tracker", "new": "never read"}[
        what
    ] in one["message"]
    assert one["repair"].startswith("care-sync reconcile --tracker toggl --since 2026-")
    repair(office, care, one["repair"])
    repair(office, care, "care-sync sync")
    assert audit(care) == []


def test_time_of_an_open_month_that_is_deleted_long_after_the_window_is_given_back(
    office: Office, care: Shell, ticket: str
) -> None:
    office.clock.advance(timedelta(days=70))
    office.toggl.workspace.delete(next(iter(office.toggl.workspace.entries)))

    (one,) = audit(care)
    assert "not in the tracker" in one["message"]
    office.sync()
    assert office.balances() == {}
    document = json.loads(care("audit", "--json")[1])
    compared = {row["where"]: row["what"] for row in document["compared"]}
    assert document["differences"] == []
    assert compared["toggl"].startswith("time entries of 2026-")
    assert compared["zendesk"].startswith("tickets that can be written")


def test_a_write_that_is_not_made_yet_is_named(office: Office, care: Shell, ticket: str) -> None:
    office.set_facts(ticket, cause="third_party")
    office.sync(PassKind.POLL, pushes=False)

    (one,) = audit(care)

    assert (one["where"], "a write to it is not made yet (planned)" in one["message"]) == ("zendesk", True)


def test_a_timer_that_runs_is_no_difference(office: Office, care: Shell, ticket: str) -> None:
    user = next(iter(office.toggl.workspace.users.values()))
    office.toggl.workspace.start_timer(user.id, f"#{ticket} bezig")
    office.sync()
    with office.application.store.read() as work:
        assert work.entries.count() == len(office.toggl.workspace.entries)
    assert audit(care) == []


def test_an_entry_that_was_read_and_not_booked_is_named(office: Office, care: Shell, ticket: str) -> None:
    office.work(ticket, 20)
    care("reconcile")

    entries = [one for one in audit(care) if one["where"] == "entries"]
    assert [one["message"] for one in entries] == ["it lasts 0:20 and nothing is booked"]
    repair(office, care, entries[0]["repair"])
    assert audit(care) == []


def test_a_ticket_that_was_never_decided_is_named(office: Office, care: Shell, ticket: str) -> None:
    new = office.file_ticket(**INCIDENT)
    site = office.application.site
    reading = site.helpdesk.tickets([new]).tickets
    with office.application.store.begin() as work:
        work.tickets.upsert(reading, site.now())

    (one,) = audit(care)
    assert one["message"] == "nothing was decided on it yet"
    repair(office, care, one["repair"])
    assert audit(care) == []


@pytest.mark.parametrize("product", ["zendesk", "toggl"])
def test_what_cannot_be_looked_at_is_not_proven(office: Office, care: Shell, ticket: str, product: str) -> None:
    server = office.zendesk if product == "zendesk" else office.toggl
    server.faults.add(FaultKind.DOWN)

    (one,) = audit(care)
    assert (one["where"], one["subject"]) == (product, "everything")
    assert audit(care, "--offline") == []


@pytest.fixture
def moneybird(office: Office, tmp_path: Path) -> Iterator[SandboxMoneybird]:
    administration = MoneybirdAdministration(office.clock.now)
    administration.add_contact("Acme")
    with SandboxMoneybird(administration) as server:
        with (tmp_path / "config.yaml").open("a") as file:
            file.write(
                "bookkeeping: {product: moneybird, administration_id: 123, access_token: a-token, tax_rate_id: 21, "
                f'base_url: "{server.api_url}"}}\n'
            )
        yield server


def test_a_draft_that_was_deleted_or_changed_in_the_bookkeeping_is_named(
    office: Office, care: Shell, moneybird: SandboxMoneybird
) -> None:
    found = office.file_ticket(**INCIDENT, cause="customer")
    office.work(found, 60)
    office.sync()
    office.later()
    office.clock.advance(timedelta(days=31))
    with office.application.store.begin() as work:
        work.ledger.lock_head()
        work.periods.close("2026-10", office.clock.now(), "anna")
    assert care("invoices", "push", "2026-10")[0] == 0
    office.sync()
    office.later()
    assert audit(care) == []

    (draft,) = moneybird.administration.invoices.values()
    draft.details[0]["price"] = "1.00"
    (one,) = audit(care)
    assert (one["where"], one["repair"]) == ("moneybird", "correct it in moneybird")
    moneybird.administration.delete_invoice(draft.id)
    (one,) = audit(care)
    assert one["message"] == "its draft is not there any more"
    repair(office, care, one["repair"])
    assert audit(care) == []
