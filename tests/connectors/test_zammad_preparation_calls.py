"""The webhook, the trigger and the overviews that setup makes in a Zammad site, and what they do there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.preparation import Wanted
from connectors.sandbox.zammad_conditions import holds
from connectors.sandbox.zammad_records import CLOSED, ZammadTicket
from tests.connectors.zammad_site import (
    ADDRESS,
    CONFIGURED,
    FIELDS,
    WANTED,
    Site,
    detail,
    of,
    open_site,
)


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as opened:
        yield opened


@pytest.mark.parametrize("masks_secrets", [True, False])
def test_calls_are_signed_with_a_secret_that_setup_makes(site: Site, masks_secrets: bool) -> None:
    site.server.api.admin.masks_secrets = masks_secrets
    site.prepare()
    assert len(site.secret or "") >= 32
    assert [one["signature_token"] for one in site.zammad.records.webhooks.values()] == [site.secret]
    assert site.is_ready()


def test_a_secret_of_the_settings_is_the_one_that_calls_are_signed_with(site: Site) -> None:
    site.secret = CONFIGURED
    site.prepare()
    assert site.secret == CONFIGURED
    assert [one["signature_token"] for one in site.zammad.records.webhooks.values()] == [CONFIGURED]


def test_a_hidden_token_that_the_settings_do_not_know_stands_until_a_new_one_is_chosen(site: Site) -> None:
    site.prepare()
    (webhook,) = site.zammad.records.webhooks.values()
    kept, site.secret = webhook["signature_token"], None
    found = site.prepare()
    assert of(found, "conflict") == [("webhook", "CareSync")]
    assert "write a new webhook_secret" in detail(found, "webhook", "CareSync")
    assert (webhook["signature_token"], site.secret) == (kept, None)


def test_a_secret_that_was_changed_in_the_settings_is_noticed_behind_the_mask(site: Site) -> None:
    site.prepare()
    site.secret = CONFIGURED
    assert detail(site.plan(), "webhook", "CareSync") == "let it sign with the secret of the settings"
    site.prepare()
    assert [one["signature_token"] for one in site.zammad.records.webhooks.values()] == [CONFIGURED]
    assert CONFIGURED not in str([one["note"] for one in site.zammad.records.webhooks.values()])
    assert site.is_ready()


def test_where_zammad_shows_the_token_it_is_read_again(site: Site) -> None:
    site.server.api.admin.masks_secrets = False
    site.prepare()
    kept, site.secret = site.secret, None
    assert site.is_ready()
    assert site.helpdesk().preparation.signing_secret(WANTED) == SecretStr(kept or "")


def test_without_an_address_no_webhook_is_made_and_there_is_no_secret(site: Site) -> None:
    site.wanted = Wanted(ticket_fields=FIELDS)
    site.prepare()
    assert (site.secret, site.zammad.records.webhooks, site.zammad.records.triggers) == (None, {}, {})


@pytest.mark.parametrize(
    ("kind", "key", "value", "told"),
    [
        ("webhook", "active", False, "switch it on"),
        ("webhook", "endpoint", "https://elsewhere.example", f"let it call {ADDRESS}"),
        ("webhook", "signature_token", "another-token-of-somebody", "let it sign with the secret of the settings"),
        ("webhook", "signature_token", "", "let it sign with the secret of the settings"),
        ("trigger", "active", False, "switch it on"),
        ("trigger", "perform", {"ticket.tags": {"operator": "add", "value": "vip"}}, "let it call the webhook"),
        ("trigger", "condition", {"ticket.group_id": {"operator": "is", "value": 1}}, "leave out changes by CareSync"),
        ("trigger", "execution_condition_mode", "selective", "let it run for every change"),
        ("overview", "active", False, "switch it on"),
    ],
)
def test_what_drifted_is_told_and_mended_and_what_people_added_stays(
    site: Site, kind: str, key: str, value: Any, told: str
) -> None:
    site.server.api.admin.masks_secrets = False
    site.prepare()
    records = site.zammad.records
    thing = next(
        iter({"webhook": records.webhooks, "trigger": records.triggers, "overview": records.overviews}[kind].values())
    )
    thing[key] = value
    found = site.plan()
    assert [one.detail for one in found if one.action.value == "complete"] == [told]
    site.prepare()
    assert site.is_ready()
    if isinstance(value, dict):
        after = {"webhook": records.webhooks, "trigger": records.triggers}[kind][thing["id"]]
        assert value.items() <= after[key].items()


def test_calls_tell_of_everybodys_changes_but_our_own_and_are_proven(site: Site) -> None:
    site.prepare()
    eva = site.zammad.add_customer("Eva")
    ticket = site.zammad.file_ticket("Formulier stuk", "Kijken jullie?", eva)
    site.zammad.update(ticket, site.anna, {"oorzaak": "care"})
    site.zammad.update(ticket, site.robot, {"care_scope": "valt onder de SLA"})
    site.zammad.update(ticket, site.robot, {"article": {"body": "CS-1", "internal": True}})
    site.zammad.update(ticket, site.anna, {"article": {"body": "Voor ons", "internal": True}})
    site.zammad.customer_replies(ticket, "Werkt weer!")
    waiting = site.server.webhooks.waiting
    assert [json.loads(one.body) for one in waiting] == [{"ticket_id": str(ticket)}] * 4
    assert {one.webhook.endpoint for one in waiting} == {ADDRESS}
    helpdesk = site.helpdesk()
    assert {helpdesk.webhook(one.headers, one.body, site.clock.now()).ticket_ids for one in waiting} == {(str(ticket),)}


def test_a_webhook_and_a_trigger_that_people_made_for_us_are_used(site: Site) -> None:
    records = site.zammad.records
    records.webhooks[1] = {"id": 1, "name": "Uren", "endpoint": ADDRESS, "signature_token": CONFIGURED, "active": True}
    call = {"notification.webhook": {"webhook_id": "1"}}
    records.triggers[1] = {"id": 1, "name": "Uren", "condition": {}, "perform": call, "note": None, "active": True}
    found = site.plan()
    assert detail(found, "webhook", "Uren") == "Zammad does not show its signature token: write it into webhook_secret"
    site.secret = CONFIGURED
    found = site.prepare()
    assert {("webhook", "Uren"), ("trigger", "Uren")} <= {*of(found, "keep")}
    assert (list(records.webhooks), list(records.triggers)) == ([1], [1])


@pytest.mark.parametrize(
    ("webhook", "told"),
    [
        ({"active": False}, "switch it on, or delete it"),
        ({"signature_token": None}, "give it one, or delete it"),
        ({"signature_token": "another-token-of-somebody"}, "correct the one or the other"),
    ],
)
def test_a_webhook_of_people_that_cannot_serve_is_left_for_them(site: Site, webhook: dict[str, Any], told: str) -> None:
    site.server.api.admin.masks_secrets = False
    site.secret = CONFIGURED
    records = site.zammad.records
    usual = {"id": 1, "name": "Uren", "endpoint": ADDRESS, "signature_token": CONFIGURED, "active": True}
    records.webhooks[1] = {**usual, **webhook}
    found = site.prepare()
    assert ("webhook", "Uren") in of(found, "conflict")
    assert detail(found, "webhook", "Uren").endswith(told)
    assert (records.webhooks, records.triggers) == ({1: {**usual, **webhook}}, {})


def test_overviews_show_open_tickets_by_their_tag_to_agents(site: Site) -> None:
    site.prepare()
    waiting, undetermined = site.zammad.records.overviews.values()
    assert [waiting["name"], undetermined["name"]] == ["Vragen open", "Niet te bepalen"]
    assert waiting["role_ids"] == [2]
    eva = site.zammad.add_customer("Eva")

    def filed(*tags: str, state_id: int = 2) -> ZammadTicket:
        number = site.zammad.file_ticket("Formulier stuk", "Kijken jullie?", eva, tags=list(tags))
        site.zammad.update(number, site.anna, {"state_id": state_id})
        return site.zammad.records.tickets[number]

    assert holds(waiting["condition"], filed("vip", "next_ask"))
    assert not holds(waiting["condition"], filed("vip"))
    assert not holds(waiting["condition"], filed("next_ask", state_id=CLOSED))
    assert holds(undetermined["condition"], filed("sla_undetermined"))


def test_an_overview_of_people_and_one_that_they_renamed_stand(site: Site) -> None:
    records = site.zammad.records
    site.prepare()
    ours, other = records.overviews.values()
    ours["name"] = "Vragen voor de klant"
    other["link"] = "van_ons"
    assert site.is_ready()
    site.remove()
    assert [one["name"] for one in records.overviews.values()] == ["Niet te bepalen"]
