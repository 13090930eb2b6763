"""The sandbox's Zendesk answers as Zendesk does: compared with recorded answers, and used by a client of others."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from care_sync.clock import ManualClock
from connectors.conformance.helpdesk_bed import START, TOKEN
from connectors.conformance.helpdesk_words import note
from connectors.sandbox.zendesk import SandboxZendesk
from connectors.sandbox.zendesk_records import read_file, write_file
from connectors.sandbox.zendesk_state import ZendeskAccount
from connectors.sandbox.zendesk_updates import Refused
from tests.conformance.zendesk_bed import ZendeskBed
from tests.connectors.zendesk_recorded import assert_same_shape, recorded


@pytest.fixture
def bed() -> Iterator[ZendeskBed]:
    with ZendeskBed.open() as bed:
        yield bed


def ask(bed: ZendeskBed, method: str, path: str, **more: Any) -> requests.Response:
    who = ("anna@example.com/token", TOKEN)
    return requests.request(method, f"{bed.server.base_url}/api/v2/{path}", auth=who, timeout=10, **more)


def get(bed: ZendeskBed, path: str) -> dict[str, Any]:
    answer = ask(bed, "GET", path)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


# ---- shapes of recorded answers --------------------------------------------------------------------


def test_a_page_of_the_export_has_the_recorded_shape(bed: ZendeskBed, shared_fixtures: Path) -> None:
    bed.file_ticket("Menu broken")
    bed.settle()
    _, theirs, headers = recorded(shared_fixtures, "GET", r"incremental/tickets/cursor\.json")

    answer = ask(bed, "GET", "incremental/tickets/cursor.json?start_time=0")

    assert_same_shape(answer.json(), theirs)
    assert {"x-rate-limit", "ratelimit-remaining", "ratelimit-reset"} <= set(headers) & set(answer.headers.keys())


def test_a_cursor_is_written_as_recorded(bed: ZendeskBed, shared_fixtures: Path) -> None:
    bed.file_ticket("Menu broken")
    bed.settle()
    _, theirs, _ = recorded(shared_fixtures, "GET", r"incremental/tickets/cursor\.json")

    ours = get(bed, "incremental/tickets/cursor.json?start_time=0")

    told = [base64.b64decode(one["after_cursor"]).decode() for one in (ours, theirs)]
    assert all(re.fullmatch(r"\d+\.0\|\|\d+\|", one) for one in told)
    assert told[1].startswith(str(theirs["tickets"][-1]["generated_timestamp"]))


def test_a_ticket_made_and_updated_has_the_recorded_shape(bed: ZendeskBed, shared_fixtures: Path) -> None:
    status, made, headers = recorded(shared_fixtures, "POST", r"tickets\.json")
    _, changed, _ = recorded(shared_fixtures, "PUT", r"tickets/\d+\.json")

    answer = ask(bed, "POST", "tickets.json", json={"ticket": {"subject": "test", "description": "test"}})
    number = answer.json()["ticket"]["id"]
    updated = ask(bed, "PUT", f"tickets/{number}.json", json={"ticket": {"id": number, "subject": "test2"}})

    assert answer.status_code == status
    assert bool(answer.headers["location"]) == bool(headers["location"])
    assert_same_shape(answer.json()["ticket"] | {"custom_fields": [], "fields": []}, made["ticket"])
    assert set(answer.json()["audit"]) == set(made["audit"])
    assert_same_shape(updated.json()["audit"]["events"][0], changed["audit"]["events"][0])


def test_audits_have_the_recorded_shape(bed: ZendeskBed, shared_fixtures: Path) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.edit(ticket_id, subject="Menu gone")
    _, theirs, _ = recorded(shared_fixtures, "GET", r"ticket_audits\.json")

    ours = get(bed, f"tickets/{ticket_id}/audits.json?page[size]=100")

    assert_same_shape(ours["audits"][0] | {"events": []}, theirs["audits"][0])
    kinds = {"Comment", "Create", "Change"}
    for kind in kinds:
        mine, other = (
            next(event for audit in told["audits"] for event in audit["events"] if event["type"] == kind)
            for told in (ours, theirs)
        )
        assert_same_shape(mine, other, where=kind)
    assert list(ours["meta"]) == list(theirs["meta"])
    assert set(ours["links"]) == set(theirs["links"])


def test_tickets_by_their_numbers_have_the_recorded_shape(bed: ZendeskBed, shared_fixtures: Path) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    _, theirs, _ = recorded(shared_fixtures, "GET", r"tickets/show_many\.json")

    assert_same_shape(get(bed, f"tickets/show_many.json?ids={ticket_id}"), theirs)


def test_jobs_have_the_recorded_shape_from_queued_to_completed(bed: ZendeskBed, shared_fixtures: Path) -> None:
    ticket_id = int(bed.file_ticket("Menu broken"))
    _, queued, _ = recorded(shared_fixtures, "PUT", r"tickets/update_many\.json")
    _, done, _ = recorded(
        shared_fixtures,
        "GET",
        r"job_statuses/.*",
        lambda status, data: "Updated" in json.dumps(data) and data["job_status"]["status"] == "completed",
    )

    batch = {"tickets": [{"id": ticket_id, "subject": "test"}]}
    started = ask(bed, "PUT", "tickets/update_many.json", json=batch).json()
    bed.later(timedelta(seconds=1))
    ended = get(bed, f"job_statuses/{started['job_status']['id']}.json")

    assert_same_shape(started, queued)
    assert started["job_status"]["status"] == queued["job_status"]["status"] == "queued"
    assert_same_shape(ended, done)
    assert ended["job_status"]["message"].startswith("Completed at ")
    assert ended["job_status"]["results"][0] == {**done["job_status"]["results"][0], "id": ticket_id}


def test_organizations_have_the_recorded_shape(bed: ZendeskBed, shared_fixtures: Path) -> None:
    _, theirs, _ = recorded(shared_fixtures, "GET", r"organizations\.json")

    ours = get(bed, "organizations.json?page[size]=100")

    assert_same_shape(ours["organizations"], theirs["organizations"])
    assert set(ours) == set(theirs)


def test_field_definitions_have_the_recorded_shape(bed: ZendeskBed, shared_fixtures: Path) -> None:
    _, ticket_field, _ = recorded(shared_fixtures, "POST", r"ticket_fields\.json")
    _, organization_field, _ = recorded(shared_fixtures, "POST", r"organization_fields\.json")

    assert_same_shape(get(bed, "ticket_fields.json")["ticket_fields"][0], ticket_field["ticket_field"])
    ours = get(bed, "organization_fields.json")["organization_fields"][0]
    theirs = organization_field["organization_field"]
    assert set(theirs) - set(ours) == {"url"} - set(ours)
    assert_same_shape(
        {name: ours[name] for name in theirs if name in ours}, {n: theirs[n] for n in theirs if n in ours}
    )


def test_people_have_the_recorded_shape(bed: ZendeskBed, shared_fixtures: Path) -> None:
    _, theirs, _ = recorded(shared_fixtures, "GET", r"users/\d+\.json")

    assert_same_shape(get(bed, f"users/{bed.anna}.json"), theirs)


def test_tags_have_the_recorded_shape(bed: ZendeskBed, shared_fixtures: Path) -> None:
    bed.file_ticket("Menu broken", tags=("vip",))
    _, theirs, _ = recorded(shared_fixtures, "GET", r"tags\.json")

    ours = get(bed, "tags.json?page[size]=100")

    assert_same_shape(ours["tags"], theirs["tags"])
    assert set(ours) == set(theirs)


@pytest.mark.parametrize(
    ("method", "path", "pattern", "body"),
    [
        ("DELETE", "tickets/999999.json", r"tickets/\d+\.json", None),
        ("PUT", "tickets/999999.json", r"tickets/\d+\.json", {"ticket": {"subject": "x"}}),
    ],
)
def test_what_is_not_there_is_told_in_the_recorded_words(
    bed: ZendeskBed, shared_fixtures: Path, method: str, path: str, pattern: str, body: Any
) -> None:
    status, theirs, _ = recorded(shared_fixtures, method, pattern, lambda code, data: code == 404)

    answer = ask(bed, method, path, json=body)

    assert (answer.status_code, answer.json()) == (status, theirs)


def test_more_than_a_hundred_are_refused_in_the_recorded_words(bed: ZendeskBed, shared_fixtures: Path) -> None:
    status, theirs, _ = recorded(shared_fixtures, "POST", r"tickets/create_many\.json", lambda code, data: code == 400)

    too_many = {"tickets": [{"id": number} for number in range(1, 102)]}
    answer = ask(bed, "PUT", "tickets/update_many.json", json=too_many)

    assert (answer.status_code, answer.json()) == (status, theirs)
    named = ask(bed, "GET", f"tickets/show_many.json?ids={','.join(map(str, range(1, 102)))}")
    assert (named.status_code, named.json()) == (status, theirs)


def test_the_vendors_specification_knows_every_call_that_we_make(shared_fixtures: Path) -> None:
    known: dict[str, set[str]] = {}
    for path in (shared_fixtures / "zendesk" / "openapi").glob("*.yml"):
        for address, methods in yaml.safe_load(path.read_text())["paths"].items():
            known.setdefault(address, set()).update(methods)

    assert "get" in known["/api/v2/incremental/tickets/cursor"]
    assert "get" in known["/api/v2/tickets/show_many"]
    assert "put" in known["/api/v2/tickets/update_many"]
    assert "get" in known["/api/v2/job_statuses/show_many"]
    assert "get" in known["/api/v2/tickets/{ticket_id}/audits"]
    assert {"put", "delete"} <= known["/api/v2/tickets/{ticket_id}/tags"]
    assert "get" in known["/api/v2/organizations"]
    assert "get" in known["/api/v2/organization_fields"]
    assert "get" in known["/api/v2/ticket_fields"]
    assert "get" in known["/api/v2/users/me"]


# ---- who may do what -------------------------------------------------------------------------------


def test_nobody_comes_in_without_the_right_token(bed: ZendeskBed) -> None:
    url = f"{bed.server.base_url}/api/v2/tickets.json"
    for who in (("anna@example.com/token", "wrong"), ("nobody@example.com/token", TOKEN), ("anna@example.com", TOKEN)):
        answer = requests.get(url, auth=who, timeout=10)
        assert (answer.status_code, answer.json()) == (401, {"error": "Couldn't authenticate you"})


def test_a_visitor_is_nobody_and_not_refused_when_asking_who_he_is(bed: ZendeskBed) -> None:
    answer = requests.get(f"{bed.server.base_url}/api/v2/users/me.json", timeout=10)

    assert answer.json()["user"]["id"] is None


def test_an_agent_may_not_export_and_a_customer_may_nothing(bed: ZendeskBed) -> None:
    bed.account.records.users[bed.anna].role = "agent"
    assert ask(bed, "GET", "incremental/tickets/cursor.json?start_time=0").status_code == 403
    assert ask(bed, "GET", "tickets.json").status_code == 200

    bed.account.records.users[bed.anna].role = "end-user"
    assert ask(bed, "GET", "tickets.json").status_code == 403


# ---- the export ------------------------------------------------------------------------------------


def test_the_export_leaves_out_the_last_minute_and_a_beginning_within_it(bed: ZendeskBed) -> None:
    bed.file_ticket("Menu broken")
    bed.later(timedelta(seconds=59))
    start = int(bed.now().timestamp())

    assert get(bed, "incremental/tickets/cursor.json?start_time=0")["tickets"] == []
    assert ask(bed, "GET", f"incremental/tickets/cursor.json?start_time={start}").status_code == 422
    bed.later(timedelta(seconds=1))
    assert len(get(bed, "incremental/tickets/cursor.json?start_time=0")["tickets"]) == 1


def test_a_ticket_updated_between_two_pages_comes_again_at_the_end(bed: ZendeskBed) -> None:
    first, second = bed.file_ticket("First"), bed.file_ticket("Second")
    bed.settle()
    page = get(bed, "incremental/tickets/cursor.json?start_time=0&per_page=1")
    bed.edit(first, subject="First, changed")
    bed.settle()

    rest = get(bed, f"incremental/tickets/cursor.json?cursor={page['after_cursor']}")

    assert [one["id"] for one in rest["tickets"]] == [int(second), int(first)]
    assert (page["end_of_stream"], rest["end_of_stream"]) == (False, True)


def test_side_loads_hold_the_people_and_organizations_of_the_page_alone(bed: ZendeskBed) -> None:
    bed.file_ticket("First", organization="Acme")
    bed.later(timedelta(minutes=5))
    bed.file_ticket("Second", organization="Globex")
    bed.settle()

    page = get(bed, "incremental/tickets/cursor.json?start_time=0&per_page=1&include=users,organizations")

    assert [one["name"] for one in page["organizations"]] == ["Acme"]
    assert [one["name"] for one in page["users"]] == ["Eva of Acme"]


# ---- what updates do -------------------------------------------------------------------------------


def test_a_closed_ticket_takes_nothing(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    bed.close(ticket_id)
    told = {"error": "RecordInvalid", "description": "Record validation errors"}
    told |= {"details": {"status": [{"description": "Status: closed prevents ticket update"}]}}  # type: ignore[dict-item]

    answer = ask(bed, "PUT", f"tickets/{ticket_id}.json", json={"ticket": {"priority": "low"}})
    tagging = ask(bed, "PUT", f"tickets/{ticket_id}/tags.json", json={"tags": ["x"]})

    assert (answer.status_code, answer.json()) == (tagging.status_code, tagging.json()) == (422, told)


def test_tags_are_set_added_and_removed(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", tags=("a",))
    path = f"tickets/{ticket_id}/tags.json"

    assert ask(bed, "PUT", path, json={"tags": ["b", "Two words"]}).json() == {"tags": ["a", "b", "two_words"]}
    assert ask(bed, "DELETE", path, json={"tags": ["a"]}).json() == {"tags": ["b", "two_words"]}
    assert ask(bed, "POST", path, json={"tags": ["c"]}).json() == {"tags": ["c"]} == get(bed, path)


def test_a_drop_downs_value_is_a_tag_as_well(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", tags=("vip",), cause="care")
    assert bed.seen(ticket_id).tags == {"vip", "care"}

    bed.edit(ticket_id, cause="customer")

    assert bed.seen(ticket_id).tags == {"vip", "customer"}


def test_a_customers_answer_opens_a_solved_ticket_again(bed: ZendeskBed) -> None:
    ticket_id = int(bed.file_ticket("Menu broken"))
    bed.account.update(ticket_id, bed.anna, {"status": "solved"})
    ticket = bed.account.records.tickets[ticket_id]
    assert (ticket.status, ticket.assignee_id) == ("solved", bed.anna)

    bed.account.comment(ticket_id, ticket.requester_id, "Still broken.")

    assert ticket.status == "open"


def test_a_trigger_runs_after_an_update_and_stands_in_its_audit(bed: ZendeskBed) -> None:
    bed.account.add_trigger("Tell the team", when_tags=frozenset({"vip"}), add_tags=frozenset({"team_told"}))
    ticket_id = bed.file_ticket("Menu broken")

    bed.tag(ticket_id, "vip")

    assert bed.seen(ticket_id).tags == {"vip", "team_told"}
    assert bed.account.records.audits[int(ticket_id)][-1].events[-1]["via"]["source"]["rel"] == "trigger"


def test_an_update_that_changes_nothing_moves_nothing(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", tags=("vip",))
    before = get(bed, f"tickets/{ticket_id}.json")
    bed.later(timedelta(hours=1))

    ask(bed, "PUT", f"tickets/{ticket_id}.json", json={"ticket": {"tags": ["vip"], "custom_fields": [{"id": 7}]}})

    assert get(bed, f"tickets/{ticket_id}.json") == before


def test_a_batch_tells_of_each_ticket_what_became_of_it(bed: ZendeskBed) -> None:
    fine, closed = int(bed.file_ticket("Fine")), int(bed.file_ticket("Closed"))
    bed.close(str(closed))
    batch = [{"id": one, "subject": "x"} for one in (fine, closed, 999_999)]

    job = ask(bed, "PUT", "tickets/update_many.json", json={"tickets": batch}).json()["job_status"]
    bed.later(timedelta(seconds=1))

    told = get(bed, f"job_statuses/show_many.json?ids={job['id']}")["job_statuses"][0]
    assert told["status"] == "completed"
    assert [(one["id"], one["success"], one.get("error")) for one in told["results"]] == [
        (fine, True, None),
        (closed, False, "RecordInvalid"),
        (999_999, False, "RecordNotFound"),
    ]


def test_the_same_update_goes_to_many_tickets_by_their_ids(bed: ZendeskBed) -> None:
    ids = [bed.file_ticket(f"Question {number}") for number in range(2)]

    ask(bed, "PUT", f"tickets/update_many.json?ids={','.join(ids)}", json={"ticket": {"additional_tags": ["x"]}})
    assert all(bed.seen(one).tags == frozenset() for one in ids)
    bed.later(timedelta(seconds=1))

    assert all(bed.seen(one).tags == {"x"} for one in ids)


def test_a_jobs_results_are_kept_for_a_day(bed: ZendeskBed) -> None:
    batch = {"tickets": [{"id": int(bed.file_ticket("Menu broken")), "subject": "x"}]}
    job_id = ask(bed, "PUT", "tickets/update_many.json", json=batch).json()["job_status"]["id"]

    bed.later(timedelta(days=1))

    assert ask(bed, "GET", f"job_statuses/{job_id}.json").status_code == 404


def test_tickets_are_merged_and_deleted_over_http(bed: ZendeskBed) -> None:
    first, second = bed.file_ticket("First"), bed.file_ticket("Second")

    ask(bed, "POST", f"tickets/{second}/merge.json", json={"ids": [int(first)]})
    bed.later(timedelta(seconds=1))
    assert bed.seen(first).tags == {"closed_by_merge"}
    assert f"#{second}" in bed.seen(first).comments[-1].body

    assert ask(bed, "DELETE", f"tickets/{second}.json").status_code == 204
    assert ask(bed, "GET", f"tickets/{second}.json").status_code == 404


@pytest.mark.parametrize(
    "ticket",
    [
        {"subject": "Without a word"},
        {"subject": "x", "description": "x", "status": "asleep"},
        {"subject": "x", "description": "x", "organization_id": 1},
        {"subject": "x", "description": "x", "requester_id": 1},
    ],
)
def test_a_ticket_that_is_not_valid_is_refused(bed: ZendeskBed, ticket: dict[str, Any]) -> None:
    answer = ask(bed, "POST", "tickets.json", json={"ticket": ticket})

    assert (answer.status_code, answer.json()["error"]) == (422, "RecordInvalid")


@pytest.mark.parametrize(("name", "value"), [("expected_minutes", "soon"), ("cause", "moon"), ("fix_adopted", "maybe")])
def test_a_value_of_another_type_is_refused(bed: ZendeskBed, name: str, value: str) -> None:
    ticket_id = int(bed.file_ticket("Menu broken"))

    with pytest.raises(Refused):
        bed.account.update(ticket_id, bed.anna, {"custom_fields": [{"id": bed.field_ids[name], "value": value}]})


# ---- lists -----------------------------------------------------------------------------------------


def test_lists_page_by_cursor_and_by_number(bed: ZendeskBed) -> None:
    for number in range(5):
        bed.add_organization(f"Customer {number}")
    every = [one["name"] for one in get(bed, "organizations.json")["organizations"]]

    by_cursor, url = [], "organizations.json?page[size]=3"
    while url:
        page = get(bed, url)
        by_cursor += [one["name"] for one in page["organizations"]]
        url = page["links"]["next"].split("/api/v2/")[1] if page["meta"]["has_more"] else ""
    by_number, url = [], "organizations.json?per_page=3"
    while url:
        page = get(bed, url)
        by_number += [one["name"] for one in page["organizations"]]
        url = (page["next_page"] or "").rpartition("/api/v2/")[2]

    assert by_cursor == by_number == every
    assert len(every) == 7


# ---- limits ----------------------------------------------------------------------------------------


def test_the_accounts_limit_counts_down_and_ends_in_429() -> None:
    with ZendeskBed.open(requests_a_minute=2) as bed:
        answers = [ask(bed, "GET", "users/me.json") for _ in range(3)]

        assert [one.status_code for one in answers] == [200, 200, 429]
        assert [one.headers["x-rate-limit-remaining"] for one in answers] == ["1", "0", "0"]
        bed.later(timedelta(seconds=int(answers[2].headers["Retry-After"])))
        assert ask(bed, "GET", "users/me.json").status_code == 200


def test_the_exports_limit_stands_in_its_own_header() -> None:
    with ZendeskBed.open(exports_a_minute=10) as bed:
        answer = ask(bed, "GET", "incremental/tickets/cursor.json?start_time=0")

        told = answer.headers["zendesk-ratelimit-incremental-exports"]
        assert re.fullmatch(r"total=10; remaining=9; resets=\d+", told)


# ---- a whole month, kept in a file -----------------------------------------------------------------


def test_a_month_of_an_agency_is_made_kept_and_read_again(tmp_path: Path) -> None:
    clock = ManualClock(START)
    account = ZendeskAccount(clock.now)
    account.records.api_tokens.add(TOKEN)
    agent = account.add_user("Anna", "admin", email="anna@example.com")
    cause = account.add_ticket_field("Oorzaak", "tagger", options={"care": "CARE"})
    people = [
        account.add_user(f"Customer {number}", organization_id=account.add_organization(f"Organization {number}"))
        for number in range(25)
    ]
    for number in range(500):
        filed = START - timedelta(days=30) + timedelta(hours=number)
        ticket_id = account.file_ticket(f"Vraag {number}", "Het menu 🧾", people[number % 25], at=filed)
        account.update(
            ticket_id, agent, {"custom_fields": [{"id": cause, "value": "care"}], "comment": {"body": "Opgelost."}}
        )

    write_file(account.records, tmp_path / "zendesk.json")
    again = ZendeskAccount(clock.now, records=read_file(tmp_path / "zendesk.json"))

    assert again.records == account.records
    clock.advance(timedelta(minutes=2))
    with SandboxZendesk(again) as server:
        url = f"{server.base_url}/api/v2/incremental/tickets/cursor.json?start_time=0&include=users,organizations"
        page = requests.get(url, auth=("anna@example.com/token", TOKEN), timeout=10).json()
    assert (len(page["tickets"]), len(page["users"]), len(page["organizations"])) == (500, 25, 25)
    assert again.file_ticket("Next", "x", people[0]) == 1501


def test_the_same_doings_give_the_same_account() -> None:
    def made() -> Any:
        with ZendeskBed.open() as bed:
            first, second = bed.file_ticket("First"), bed.file_ticket("Second")
            bed.merge(first, second)
            bed.comment(second, note("Hoort bij elkaar."))
            return bed.account.records

    assert made() == made()


# ---- a client written by others ----------------------------------------------------------------------


def test_zenpy_understands_what_the_sandbox_answers(bed: ZendeskBed, monkeypatch: pytest.MonkeyPatch) -> None:
    zenpy = pytest.importorskip("zenpy", reason="zenpy, a client written by others, is not installed")
    from zenpy.lib.api_objects import Comment, Ticket
    from zenpy.lib.exception import APIException, RecordNotFoundException

    scheme, _, address = bed.server.base_url.partition("://")
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", scheme)
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", address)
    client = zenpy.Zenpy(subdomain="care", email="anna@example.com", token=TOKEN, disable_cache=True)
    bed.file_ticket("Menu broken", tags=("vip",))

    filed = client.tickets.create(Ticket(subject="Printer", comment=Comment(body="It burns.", public=True))).ticket
    filed.status = "pending"
    changed = client.tickets.update(filed).ticket
    job = client.tickets.update([Ticket(id=filed.id, additional_tags=["hot"])])
    bed.settle()
    client.tickets.add_tags(filed.id, ["urgent"])
    bed.settle()

    assert client.users.me().name == "Anna"
    assert (changed.status, changed.subject) == ("pending", "Printer")
    assert client.job_status(id=job.id).status == "completed"
    assert client.tickets(id=filed.id).tags == ["hot", "urgent"]
    assert {one.id for one in client.tickets.incremental(start_time=0)} == {1001, filed.id}
    assert [one.body for one in client.tickets.comments(filed.id)] == ["It burns."]
    assert len(list(client.tickets.audits(filed.id))) == 4
    assert {one.name for one in client.organizations()} == {"Acme", "Globex"}
    assert "Oorzaak" in {one.title for one in client.ticket_fields()}
    assert {one.name for one in client.tags()} == {"hot", "urgent", "vip"}
    bed.close(str(filed.id))
    with pytest.raises(APIException):
        client.tickets.update(filed)
    client.tickets.delete(client.tickets(id=1001))
    with pytest.raises(RecordNotFoundException):
        client.tickets(id=1001)


# ---- what the product refuses and gives back ---------------------------------------------------------


def test_a_restored_ticket_has_its_former_status_and_leaves_the_list_of_deleted_ones(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")
    assert get(bed, f"tickets/{ticket_id}.json")["ticket"]["status"] == "new"
    ask(bed, "DELETE", f"tickets/{ticket_id}.json")
    assert [each["id"] for each in get(bed, "deleted_tickets.json")["deleted_tickets"]] == [int(ticket_id)]

    assert ask(bed, "PUT", f"deleted_tickets/{ticket_id}/restore.json").status_code == 200

    assert get(bed, f"tickets/{ticket_id}.json")["ticket"]["status"] == "new"
    assert get(bed, "deleted_tickets.json")["deleted_tickets"] == []
    assert ask(bed, "PUT", f"deleted_tickets/{ticket_id}/restore.json").status_code == 404


def test_pages_by_number_end_at_the_hundredth(bed: ZendeskBed) -> None:
    assert ask(bed, "GET", "tickets.json?page=100&per_page=1").status_code == 200
    assert ask(bed, "GET", "tickets.json?page=101&per_page=1").status_code == 400


def test_the_thirty_first_update_of_a_ticket_in_ten_minutes_is_refused(bed: ZendeskBed) -> None:
    path = f"tickets/{bed.file_ticket('Menu broken')}.json"
    answers = [ask(bed, "PUT", path, json={"ticket": {"subject": str(number)}}) for number in range(31)]

    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    bed.later(timedelta(minutes=10))
    assert ask(bed, "PUT", path, json={"ticket": {"subject": "Later"}}).status_code == 200


def test_a_beginning_with_a_fraction_of_nought_is_a_number(bed: ZendeskBed) -> None:
    bed.file_ticket("Menu broken")
    bed.settle()

    assert len(get(bed, "incremental/tickets/cursor.json?start_time=1790812800.0")["tickets"]) == 1
    assert ask(bed, "GET", "incremental/tickets/cursor.json?start_time=1790812800.5").status_code == 400


def test_people_and_organizations_are_exported_page_by_page(bed: ZendeskBed) -> None:
    bed.file_ticket("Menu broken")
    first = get(bed, "incremental/users/cursor.json?start_time=0&per_page=1")
    rest = get(bed, f"incremental/users/cursor.json?cursor={first['after_cursor']}")
    organizations = get(bed, "incremental/organizations.json?start_time=0")

    assert len(first["users"]) + len(rest["users"]) == len(bed.account.records.users)
    assert (first["end_of_stream"], rest["end_of_stream"]) == (False, True)
    assert {each["name"] for each in organizations["organizations"]} == {"Acme", "Globex"}


def test_a_search_finds_what_its_conditions_mean_and_refuses_those_it_cannot_judge(bed: ZendeskBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", tags=("vip",))

    results = get(bed, "search.json?query=type:ticket tags:vip created>2026-01-01 menu")["results"]

    assert [(each["id"], each["result_type"]) for each in results] == [(int(ticket_id), "ticket")]
    assert get(bed, "search.json?query=type:ticket tags:gold")["results"] == []
    assert ask(bed, "GET", "search.json?query=satisfaction:good").status_code == 400
