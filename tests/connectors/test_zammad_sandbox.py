"""The sandbox's Zammad is held against documented answers, and used by a client that others wrote."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from connectors.conformance.helpdesk_bed import TOKEN
from tests.conformance.zammad_bed import FIELDS, ZammadBed

OF_A_TICKET = {
    *("id", "group_id", "priority_id", "state_id", "organization_id", "number", "title", "owner_id", "customer_id"),
    *("note", "first_response_at", "close_at", "last_contact_at", "create_article_type_id", "article_count"),
    *("escalation_at", "pending_time", "type", "time_unit", "preferences", "created_at", "updated_at"),
}
"""Some names of the documented ticket ("Ticket", "Show")."""
OF_AN_ARTICLE = {
    *("id", "ticket_id", "type_id", "sender_id", "from", "to", "subject", "content_type", "body", "internal"),
    *("preferences", "created_by_id", "created_at", "updated_at", "attachments", "type", "sender", "created_by"),
}
"""Some names of the documented article ("List Articles by Ticket")."""
OF_TIME = {"id", "ticket_id", "ticket_article_id", "time_unit", "type_id", "created_by_id", "created_at", "updated_at"}
"""All names of documented time ("Time Accounting")."""


@pytest.fixture
def bed() -> Iterator[ZammadBed]:
    with ZammadBed.open() as bed:
        yield bed


def ask(bed: ZammadBed, method: str, path: str, *, token: str = TOKEN, **more: Any) -> requests.Response:
    headers = {"Authorization": f"Token token={token}"}
    return requests.request(method, f"{bed.server.base_url}/api/v1/{path}", headers=headers, timeout=10, **more)


def search(bed: ZammadBed, after: str, **more: Any) -> Any:
    condition = {"ticket.updated_at": {"operator": "after (absolute)", "value": after}}
    return ask(bed, "POST", "tickets/search", json={"condition": condition, "expand": True, **more}).json()


def test_answers_have_the_documented_names(bed: ZammadBed) -> None:
    ticket_id = bed.file_ticket("Menu broken", cause="care")
    bed.site.account_time(int(ticket_id), bed.anna, Decimal("15.0"))

    assert ask(bed, "GET", f"tickets/{ticket_id}").json().keys() >= OF_A_TICKET | {FIELDS["cause"][0]}
    assert ask(bed, "GET", f"ticket_articles/by_ticket/{ticket_id}").json()[0].keys() >= OF_AN_ARTICLE
    assert ask(bed, "GET", f"tickets/{ticket_id}/time_accountings").json()[0].keys() == OF_TIME
    assert ask(bed, "GET", "ticket_states?expand=true").json()[4]["state_type"] == "merged"


def test_a_whole_ticket_has_everything_that_belongs_to_it(bed: ZammadBed) -> None:
    child, parent = bed.file_ticket("Menu broken", tags=("vip",)), bed.file_ticket("Menu")
    bed.merge(child, parent)

    whole = ask(bed, "GET", f"tickets/{child}?all=true").json()

    assert whole.keys() == {"ticket_id", "ticket_article_ids", "assets", "links", "tags", "mentions", "form_meta"}
    assert whole["links"] == [{"link_type": "parent", "link_object": "Ticket", "link_object_value": int(parent)}]
    assert whole["tags"] == ["vip"]
    assert {"Ticket", "TicketArticle", "User", "Organization", "Group"} == whole["assets"].keys()
    other = ask(bed, "GET", f"tickets/{parent}?all=true").json()
    assert [one["link_type"] for one in other["links"]] == ["child"]
    assert len(other["ticket_article_ids"]) == 2


def test_a_search_holds_its_own_moment_and_never_more_than_a_page(bed: ZammadBed) -> None:
    for number in range(3):
        bed.file_ticket(f"Question {number}")
    (first, *_) = search(bed, "2020-01-01T00:00:00.000Z", sort_by="updated_at", order_by="asc")

    assert len(search(bed, first["updated_at"])) == 3
    assert len(search(bed, first["updated_at"], per_page=2, page=2)) == 1
    assert search(bed, "2030-01-01T00:00:00.000Z") == []


def test_errors_are_told_in_the_products_words(bed: ZammadBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")

    assert ask(bed, "GET", "users/me", token="nobody's").status_code == 401
    assert ask(bed, "GET", "tickets/999").json()["error"] == "Couldn't find Ticket with 'id'=999"
    assert ask(bed, "PUT", f"tickets/{ticket_id}", json={"article": {}}).status_code == 422
    bed.take_permission_away()
    assert ask(bed, "GET", f"tickets/{ticket_id}").json() == {
        "error": "Not authorized",
        "error_human": "Not authorized",
    }


def test_what_is_not_known_is_ignored(bed: ZammadBed) -> None:
    ticket_id = bed.file_ticket("Menu broken")

    answer = ask(bed, "PUT", f"tickets/{ticket_id}", json={"no_such_attribute": "x", "number": "1"})

    assert answer.status_code == 200
    assert answer.json()["number"] != "1"


def test_zammad_py_understands_what_the_sandbox_answers(bed: ZammadBed) -> None:
    module = pytest.importorskip("zammad_py", reason="zammad-py, a client written by others, is not installed")
    from requests.exceptions import HTTPError

    client = module.ZammadAPI(url=f"{bed.server.base_url}/api/v1/", http_token=TOKEN)
    known = int(bed.file_ticket("Menu broken", tags=("vip",)))
    customer = bed.site.records.users[bed.site.records.tickets[known].customer_id].email

    article = {"subject": "Printer", "body": "It burns.", "type": "note", "internal": False}
    filed = client.ticket.create({"title": "Printer", "group": "Support", "customer": customer, "article": article})
    changed = client.ticket.update(filed["id"], {"state": "open", "article": {"body": "Bekeken.", "internal": True}})
    client.ticket_tag.add(filed["id"], "hot")
    client.ticket_tag.add(filed["id"], "urgent")
    client.ticket_tag.remove(filed["id"], "hot")
    client.ticket_article.create({"ticket_id": filed["id"], "body": "Opgelost.", "type": "note"})

    assert client.user.me()["firstname"] == "CareSync"
    assert (changed["state_id"], changed["number"] != str(changed["id"])) == (2, True)
    assert client.ticket.tags(filed["id"]) == {"tags": ["urgent"]}
    assert [one["body"] for one in client.ticket.articles(filed["id"])] == ["It burns.", "Bekeken.", "Opgelost."]
    assert {one["id"] for one in client.ticket.all()} == {known, filed["id"]}
    assert {one["name"] for one in client.organization.all()} == {"Acme", "Globex"}
    assert {one["name"] for one in client.ticket_state.all()} >= {"new", "open", "closed", "merged"}
    assert client.ticket.merge(filed["id"], bed.site.records.tickets[known].number)["result"] == "success"
    client.ticket.destroy(known)
    with pytest.raises(HTTPError):
        client.ticket.find(known)
