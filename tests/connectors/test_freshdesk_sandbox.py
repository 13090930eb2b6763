"""The sandbox's Freshdesk is held against documented answers, and used by a client that others wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from connectors.conformance.helpdesk_bed import TOKEN
from connectors.conformance.helpdesk_words import note, reply
from connectors.custom_fields import FieldMap
from connectors.freshdesk.translate import (
    has_mark,
    merge_target,
    organization_from_api,
    person_from_api,
    ticket_from_api,
)
from connectors.records import Channel, TicketStatus
from tests.conformance.freshdesk_bed import FIELDS, FreshdeskBed

NO_FIELDS = FieldMap({}, {})


@pytest.fixture
def bed() -> Iterator[FreshdeskBed]:
    with FreshdeskBed.open() as bed:
        yield bed


def ask(bed: FreshdeskBed, method: str, path: str, *, key: str = TOKEN, **more: Any) -> requests.Response:
    return requests.request(method, f"{bed.server.base_url}/api/v2/{path}", auth=(key, "X"), timeout=10, **more)


# ---- against samples and the description of the API ----------------------------------------------------


@pytest.fixture(scope="module")
def folder(shared_fixtures: Path) -> Path:
    return shared_fixtures / "freshdesk"


@pytest.fixture(scope="module")
def described(folder: Path) -> dict[str, Any]:
    text = (folder / "openapi" / "freshdesk-rest-api.yml").read_text()
    schemas: dict[str, Any] = yaml.safe_load(text)["components"]["schemas"]
    return schemas


def sample(folder: Path, name: str) -> Any:
    data = json.loads((folder / "samples" / f"{name}.json").read_text())
    return data[0] if isinstance(data, list) else data


@pytest.mark.parametrize(
    ("path", "schema", "samples"),
    [
        ("tickets/{ticket}?include=requester,stats", "Ticket", ["ticket_1"]),
        ("tickets/{ticket}/conversations", "Conversation", ["conversations", "note_1", "reply_1"]),
        ("companies", "Company", ["companies", "company"]),
        ("contacts", "Contact", ["contact"]),
        ("agents/me", "Agent", ["agent_1"]),
        ("ticket_fields", "Field", []),
        ("time_entries", "TimeEntry", ["time_entries", "time_entry_1"]),
    ],
)
def test_the_sandbox_answers_with_documented_names_and_types(
    bed: FreshdeskBed, folder: Path, described: dict[str, Any], path: str, schema: str, samples: list[str]
) -> None:
    ticket_id = bed.file_ticket("Menu broken", cause="care")
    bed.comment(ticket_id, note("Bekeken."))
    bed.comment(ticket_id, reply("Opgelost."))
    bed.account.write_down(int(ticket_id), bed.anna, 15, bed.now())

    told = ask(bed, "GET", path.format(ticket=ticket_id)).json()
    one = told[-1] if isinstance(told, list) else told

    properties: dict[str, Any] = described[schema]["properties"]
    known = [sample(folder, name) for name in samples]
    undocumented = set(one) - set(properties) - {name for each in known for name in each}
    if schema == "Field":
        assert undocumented <= {"position", "customers_can_edit", "label_for_customers", "displayed_to_customers"}
    else:
        assert undocumented == set()
    for name, value in one.items():
        for each in known:
            theirs = each.get(name)
            if value is not None and theirs is not None and name not in ("mobile", "phone"):
                assert type(value) is type(theirs), name
        kinds = {"integer": int, "string": str, "boolean": bool, "array": list, "object": dict}
        wanted = kinds.get(str(properties.get(name, {}).get("type")))
        assert value is None or wanted is None or isinstance(value, wanted), name


@pytest.mark.parametrize(
    "name", ["id", "subject", "status", "source", "requester_id", "company_id", "tags", "updated_at"]
)
def test_what_we_read_of_a_ticket_is_in_the_sample_too(folder: Path, name: str) -> None:
    assert name in sample(folder, "ticket_1")


def test_the_samples_are_read_right(folder: Path) -> None:
    ticket = ticket_from_api(sample(folder, "ticket_1"), NO_FIELDS, "https://care.freshdesk.com")
    updated = ticket_from_api(sample(folder, "ticket_1_updated"), NO_FIELDS, "https://care.freshdesk.com")
    company = organization_from_api(sample(folder, "company"), NO_FIELDS)
    agent = person_from_api(sample(folder, "agent_1"))
    conversations = json.loads((folder / "samples" / "conversations.json").read_text())

    assert (ticket.id, ticket.status, ticket.channel) == ("1", TicketStatus.OPEN, Channel.WEB)
    assert ticket.tags == {"foo", "bar"}
    assert ticket.description == "This is a sample ticket, feel free to delete it."
    assert ticket.created_at == datetime(2016, 5, 18, 4, 36, 4, tzinfo=UTC)
    assert (updated.status, updated.tags) == (TicketStatus.SOLVED, {"hello", "world"})
    assert (company.id, company.name) == ("1", "Super Nova")
    assert (agent.name, agent.email, agent.locale) == ("Rachel", "rachel@freshdesk.com", "en")
    assert merge_target(conversations, "1", ["a {number}"]) is None
    assert [has_mark(one, "private") for one in conversations] == [True, False]


# ---- the product's own manners -------------------------------------------------------------------------


def test_who_is_not_known_is_told_so_in_the_products_words(bed: FreshdeskBed) -> None:
    answer = ask(bed, "GET", "agents/me", key="nobody's")

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")


def test_a_list_is_of_thirty_days_and_thirty_rows_unless_asked_otherwise(bed: FreshdeskBed) -> None:
    old = bed.file_ticket("Old")
    bed.later(timedelta(days=31))
    ids = [bed.file_ticket(f"Question {number}") for number in range(31)]

    usual = ask(bed, "GET", "tickets")
    since = ask(bed, "GET", "tickets", params={"updated_since": "2020-01-01T00:00:00Z", "per_page": 100})

    assert len(usual.json()) == 30
    assert 'rel="next"' in usual.headers["link"]
    assert "description_text" not in usual.json()[0]
    assert {str(one["id"]) for one in since.json()} == {old, *ids}
    assert "link" not in since.headers


def test_there_is_no_page_behind_the_last(bed: FreshdeskBed) -> None:
    answer = ask(bed, "GET", "tickets", params={"page": 301})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith("You cannot access tickets beyond the 300th page")


def test_what_is_included_costs_credits_and_a_limit_that_is_used_up_says_when_to_come_back() -> None:
    with FreshdeskBed.open(requests_a_minute=4) as bed:
        first = ask(bed, "GET", "tickets", params={"include": "description"})
        second = ask(bed, "GET", "tickets", params={"include": "description"})

    assert (first.headers["X-RateLimit-Remaining"], first.headers["X-RateLimit-Used-CurrentRequest"]) == ("1", "3")
    assert second.status_code == 429
    assert 0 < int(second.headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("properties", "field", "code"),
    [
        ({"custom_fields": {"cf_nothing": "x"}}, "custom_fields.cf_nothing", "invalid_field"),
        ({"custom_fields": {FIELDS["cause"][0]: "moon"}}, f"custom_fields.{FIELDS['cause'][0]}", "invalid_value"),
        (
            {"custom_fields": {FIELDS["care_minutes"][0]: "many"}},
            f"custom_fields.{FIELDS['care_minutes'][0]}",
            "datatype_mismatch",
        ),
        ({"status": 99}, "status", "invalid_value"),
        ({"colour": "red"}, "colour", "invalid_field"),
    ],
)
def test_what_is_not_valid_is_refused_by_name(
    bed: FreshdeskBed, properties: dict[str, Any], field: str, code: str
) -> None:
    ticket_id = bed.file_ticket("Menu broken")

    answer = ask(bed, "PUT", f"tickets/{ticket_id}", json=properties)

    assert answer.status_code == 400
    assert answer.json()["description"] == "Validation failed"
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(field, code)]


def test_a_job_of_more_than_a_hundred_tickets_is_refused(bed: FreshdeskBed) -> None:
    action = {"bulk_action": {"ids": list(range(1, 102)), "properties": {"priority": 2}}}

    assert ask(bed, "POST", "tickets/bulk_update", json=action).status_code == 400


def test_only_what_was_left_alone_for_months_is_archived(bed: FreshdeskBed) -> None:
    closed, quiet = int(bed.file_ticket("Closed")), int(bed.file_ticket("Quiet"))
    bed.account.update(closed, {"status": 5})
    bed.later(timedelta(days=119))
    bed.account.archive()
    assert not bed.account.records.tickets[closed].archived

    bed.later(timedelta(days=1))
    bed.account.archive()

    assert bed.account.records.tickets[closed].archived
    assert not bed.account.records.tickets[quiet].archived
    listed = ask(bed, "GET", "tickets", params={"updated_since": "2020-01-01T00:00:00Z"}).json()
    assert [one["id"] for one in listed] == [quiet]
    assert ask(bed, "GET", f"tickets/archived/{closed}").json()["status"] == 5


def test_a_webhook_that_fails_is_sent_again(bed: FreshdeskBed) -> None:
    bed.server.webhooks.add_rule(f"{bed.server.base_url}/nowhere", {"X-CareSync-Secret": "s"})
    bed.file_ticket("Menu broken")

    tried = [bed.server.webhooks.deliver() for _ in range(5)]

    assert [len(one) for one in tried] == [1, 1, 1, 1, 0]


def test_the_same_doings_give_the_same_account() -> None:
    def made() -> Any:
        with FreshdeskBed.open() as bed:
            first, second = bed.file_ticket("First"), bed.file_ticket("Second")
            bed.merge(first, second)
            return bed.account.records

    assert made() == made()


# ---- a client written by others ------------------------------------------------------------------------


def test_python_freshdesk_understands_what_the_sandbox_answers(bed: FreshdeskBed) -> None:
    module = pytest.importorskip("freshdesk.v2.api", reason="python-freshdesk, a client of others, is not installed")
    from freshdesk.v2.errors import FreshdeskBadRequest, FreshdeskNotFound, FreshdeskUnauthorized

    client = module.API("care.freshdesk.com", TOKEN)
    client._api_prefix = f"{bed.server.base_url}/api/v2/"
    known = int(bed.file_ticket("Menu broken", tags=("vip",), cause="care"))

    filed = client.tickets.create_ticket("Printer", email="kees@example.org", description="It burns.", tags=["hot"])
    changed = client.tickets.update_ticket(filed.id, status=3, custom_fields={FIELDS["care_minutes"][0]: 15})
    written = client.comments.create_note(filed.id, "<div>Bekeken.</div>", private=True)
    client.comments.create_reply(filed.id, "<div>Opgelost.</div>")
    spent = client.time_entries
    bed.account.write_down(known, bed.anna, 75, bed.now(), note="Menu")

    assert client.agents.currently_authenticated_agent().contact["name"] == "CareSync"
    assert (changed.status, changed.source, changed.tags) == ("pending", "portal", ["hot"])
    assert (written.source, written.body_text, written.private) == ("note", "Bekeken.", True)
    assert [one.body_text for one in client.comments.list_comments(filed.id)] == ["Bekeken.", "Opgelost."]
    assert {one.id for one in client.tickets.list_tickets(filter_name=None)} == {known, filed.id}
    assert client.tickets.get_ticket(known, "requester", "stats").requester["name"] == "Eva of Acme"
    assert {one.name for one in client.companies.list_companies()} == {"Acme", "Globex"}
    assert {one.name for one in client.contacts.list_contacts()} == {"Eva of Acme", "kees"}
    assert FIELDS["cause"][0] in {one.name for one in client.ticket_fields.list_ticket_fields()}
    assert [(one.time_spent, one.ticket_id) for one in spent.list_time_entries()] == [("01:15", known)]
    with pytest.raises(FreshdeskBadRequest, match="invalid_field"):
        client.tickets.update_ticket(filed.id, colour="red")
    client.tickets.delete_ticket(known)
    assert [one.id for one in client.tickets.list_deleted_tickets()] == [known]
    with pytest.raises(FreshdeskNotFound):
        client.tickets.update_ticket(known, status=2)
    stranger = module.API("care.freshdesk.com", "nobody's")
    stranger._api_prefix = client._api_prefix
    with pytest.raises(FreshdeskUnauthorized):
        stranger.tickets.list_tickets()
