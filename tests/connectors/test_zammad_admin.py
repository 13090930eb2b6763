"""The sandbox's Zammad does to administrators what the real one does: it refuses, lets wait, masks and forbids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connectors.conformance.helpdesk_bed import TOKEN
from connectors.sandbox.zammad_admin import MASK
from tests.connectors.zammad_site import Site, open_site

DOCUMENTED: dict[str, Any] = {
    "name": "sample_select",
    "object": "Ticket",
    "display": "Sample Select",
    "active": True,
    "position": 1550,
    "data_type": "select",
    "data_option": {"options": {"key1": "display name of key1"}, "default": "key1"},
    "screens": {"edit": {"ticket.agent": {"shown": True, "required": False}}},
}
"""The payload of the API documentation ("Object", "Create")."""
CONDITION = {"ticket.state_id": {"operator": "is not", "value": [4]}}


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as opened:
        yield opened


def ask(site: Site, method: str, path: str, body: Any = None) -> requests.Response:
    headers = {"Authorization": f"Token token={TOKEN}"}
    return requests.request(method, f"{site.server.base_url}/api/v1/{path}", headers=headers, json=body, timeout=10)


def attribute(**changes: Any) -> dict[str, Any]:
    return {**DOCUMENTED, **changes}


def listed(site: Site, name: str) -> dict[str, Any]:
    found = ask(site, "GET", "object_manager_attributes").json()
    return next(one for one in found if one["name"] == name)


def test_an_attribute_waits_until_the_database_is_updated(site: Site) -> None:
    made = ask(site, "POST", "object_manager_attributes", DOCUMENTED)
    assert (made.status_code, made.json()["to_create"], made.json()["to_migrate"]) == (201, True, True)
    ticket = site.zammad.file_ticket("Stuk", "Kijk", site.zammad.add_customer("Eva"))
    assert "sample_select" not in ask(site, "GET", f"tickets/{ticket}").json()
    assert ask(site, "POST", "object_manager_attributes_execute_migrations").json() == {}
    assert listed(site, "sample_select")["to_create"] is False
    assert listed(site, "sample_select")["deletable"] is True
    assert "sample_select" in ask(site, "GET", f"tickets/{ticket}").json()


def test_a_change_stands_beside_what_is_till_then_and_old_options_stay_known(site: Site) -> None:
    number = ask(site, "POST", "object_manager_attributes", DOCUMENTED).json()["id"]
    ask(site, "POST", "object_manager_attributes_execute_migrations")
    option = {"options": {"key2": "two"}, "default": ""}
    changed = ask(site, "PUT", f"object_manager_attributes/{number}", attribute(data_option=option)).json()
    assert (changed["to_config"], changed["data_option"]["options"]) == (True, {"key1": "display name of key1"})
    ask(site, "POST", "object_manager_attributes_execute_migrations")
    after = listed(site, "sample_select")["data_option"]
    assert (after["options"], {*after["historical_options"]}) == ({"key2": "two"}, {"key1", "key2"})


def test_an_update_without_options_empties_them(site: Site) -> None:
    number = ask(site, "POST", "object_manager_attributes", DOCUMENTED).json()["id"]
    told = {name: value for name, value in DOCUMENTED.items() if name != "data_option"}
    changed = ask(site, "PUT", f"object_manager_attributes/{number}", told).json()
    assert changed["data_option_new"]["options"] == {}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "customer_id"}, "Name can't be used because *_id and *_ids are not allowed"),
        ({"name": "the cause"}, "Name spaces are not allowed"),
        ({"name": "123"}, "Name at least one letter is required"),
        ({"name": "url"}, "Name url is a reserved word"),
        ({"name": "title"}, "Name title already exists"),
        ({"name": "Oorzaak"}, "Object already exists!"),
        ({"display": ""}, "Display can't be blank"),
        ({"data_type": "colour"}, "Data type is not included in the list"),
        ({"data_type": "input"}, "Input field must be text, password, tel, fax, email or url type."),
        ({"data_type": "textarea"}, "Max length must be an integer."),
        ({"data_type": "integer"}, "Minimal value must be an integer"),
    ],
)
def test_what_is_wrong_with_an_attribute_is_told(site: Site, changes: dict[str, Any], told: str) -> None:
    refused = ask(site, "POST", "object_manager_attributes", attribute(**changes))
    assert (refused.status_code, refused.json()["error_human"]) == (422, told)


def test_an_attribute_in_use_is_neither_deleted_nor_switched_off(site: Site) -> None:
    condition = {"ticket.oorzaak": {"operator": "is", "value": "care"}}
    ask(site, "POST", "triggers", {"name": "Storing", "condition": condition, "perform": {}})
    cause = listed(site, "oorzaak")
    reason = "This attribute is referenced by Trigger: Storing and thus cannot be deleted!"
    assert (cause["deletable"], cause["not_deletable_reason"]) == (False, reason)
    assert ask(site, "DELETE", f"object_manager_attributes/{cause['id']}").status_code == 422
    assert ask(site, "PUT", f"object_manager_attributes/{cause['id']}", {**cause, "active": False}).status_code == 422


def test_a_column_goes_with_what_stands_in_it_and_only_when_the_database_is_updated(site: Site) -> None:
    ticket = site.zammad.file_ticket("Stuk", "Kijk", site.zammad.add_customer("Eva"), oorzaak="care")
    number = listed(site, "oorzaak")["id"]
    assert ask(site, "DELETE", f"object_manager_attributes/{number}").json() == {}
    assert ask(site, "GET", f"tickets/{ticket}").json()["oorzaak"] == "care"
    ask(site, "POST", "object_manager_attributes_execute_migrations")
    assert "oorzaak" not in ask(site, "GET", f"tickets/{ticket}").json()
    assert site.zammad.records.tickets[ticket].attributes == {}


def test_a_token_is_masked_and_its_mask_leaves_it_as_it_is(site: Site) -> None:
    body = {"name": "Hook", "endpoint": "https://example.org/hook", "signature_token": "secret", "colour": "red"}
    made = ask(site, "POST", "webhooks", body).json()
    assert (made["signature_token"], "colour" in made) == (MASK, False)
    ask(site, "PUT", f"webhooks/{made['id']}", {"signature_token": MASK, "note": "ours"})
    assert site.zammad.records.webhooks[made["id"]]["signature_token"] == "secret"
    site.server.api.admin.masks_secrets = False
    assert ask(site, "GET", f"webhooks/{made['id']}").json()["signature_token"] == "secret"


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("webhooks", {"name": "", "endpoint": "https://example.org"}, "Name can't be blank"),
        ("webhooks", {"name": "a", "endpoint": "ftp://example.org"}, "no http or https protocol was specified."),
        ("webhooks", {"name": "a", "endpoint": "https:///hook"}, "no hostname was specified."),
        ("webhooks", {"name": "a", "endpoint": "https://example.org", "note": "x" * 501}, "maximum is 500 characters)"),
        (
            "webhooks",
            {"name": "a", "endpoint": "https://example.org", "customized_payload": True, "custom_payload": "{"},
            "Please check your syntax.",
        ),
        ("triggers", {"name": "a", "condition": {}}, "Invalid object selector conditions"),
        ("triggers", {"name": "a", "condition": CONDITION, "activator": "moon"}, "is not included in the list"),
        ("triggers", {"name": "a", "condition": {"ticket.colour": {"operator": "is", "value": "red"}}}, "conditions"),
        (
            "triggers",
            {"name": "a", "condition": CONDITION, "perform": {"notification.webhook": {"webhook_id": ""}}},
            "webhook_id is missing!",
        ),
        ("overviews", {"name": "a", "condition": CONDITION}, "Roles can't be blank"),
        ("overviews", {"name": "a", "condition": CONDITION, "role_ids": [99]}, "No value found for 'roles' with id 99"),
    ],
)
def test_what_is_wrong_with_a_definition_is_told(site: Site, path: str, body: dict[str, Any], told: str) -> None:
    refused = ask(site, "POST", path, body)
    assert refused.status_code == 422
    assert refused.json()["error_human"].endswith(told)


def test_names_of_triggers_are_unique_and_links_of_overviews_become_so(site: Site) -> None:
    assert ask(site, "POST", "triggers", {"name": "Hours", "condition": CONDITION}).status_code == 201
    refused = ask(site, "POST", "triggers", {"name": "HOURS", "condition": CONDITION})
    assert refused.json()["error_human"] == "Name has already been taken"
    body = {"name": "My Open Tickets", "condition": CONDITION, "role_ids": [2]}
    assert [ask(site, "POST", "overviews", body).json()["link"] for _ in range(2)] == [
        "my_open_tickets",
        "my_open_tickets_1",
    ]


def test_a_webhook_that_a_trigger_calls_is_not_deleted(site: Site) -> None:
    hook = ask(site, "POST", "webhooks", {"name": "Hook", "endpoint": "https://example.org/hook"}).json()["id"]
    perform = {"notification.webhook": {"webhook_id": str(hook)}}
    trigger = ask(site, "POST", "triggers", {"name": "Call", "condition": CONDITION, "perform": perform}).json()["id"]
    refused = ask(site, "DELETE", f"webhooks/{hook}")
    assert (refused.status_code, f"Trigger / Call (#{trigger})" in refused.json()["error"]) == (422, True)
    assert ask(site, "DELETE", f"triggers/{trigger}").json() == {}
    assert ask(site, "DELETE", f"webhooks/{hook}").json() == {}
    assert ask(site, "GET", f"webhooks/{hook}").status_code == 404


def test_a_selective_trigger_calls_for_articles_and_for_what_it_speaks_of(site: Site) -> None:
    hook = ask(site, "POST", "webhooks", {"name": "Hook", "endpoint": "https://example.org/hook"}).json()["id"]
    perform = {"notification.webhook": {"webhook_id": hook}}
    ask(site, "POST", "triggers", {"name": "Call", "condition": CONDITION, "perform": perform})
    ticket = site.zammad.file_ticket("Stuk", "Kijk", site.zammad.add_customer("Eva"))
    site.zammad.update(ticket, site.anna, {"oorzaak": "care"})
    site.zammad.tag(ticket, "vip")
    assert len(site.server.webhooks.waiting) == 1
    site.zammad.update(ticket, site.anna, {"state_id": 2})
    site.zammad.update(ticket, site.anna, {"article": {"body": "Voor ons", "internal": True}})
    assert len(site.server.webhooks.waiting) == 3


def test_each_kind_of_definition_takes_its_permission(site: Site) -> None:
    site.zammad.records.users[site.robot].permissions = {"ticket.agent", "admin.webhook"}
    answered = {
        path: ask(site, "GET", path).status_code
        for path in ("webhooks", "triggers", "overviews", "object_manager_attributes", "groups")
    }
    assert answered.pop("webhooks") == 200
    assert {*answered.values()} == {403}
    site.zammad.records.users[site.robot].permissions = {"admin"}
    assert ask(site, "GET", "triggers").status_code == 200
