"""What setup makes of the attributes of a Zammad site, finds there, completes and takes away."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from connectors.conformance.helpdesk_bed import TOKEN
from connectors.errors import PermissionMissing, Unavailable
from connectors.preparation import MARK, Wanted, WantedField, WantedFieldKind
from connectors.records import ChangeOutcome, FieldValue, TicketChange
from tests.connectors.zammad_site import (
    ADMINISTRATES,
    FIELDS,
    NAMES,
    TRIGGER,
    Site,
    detail,
    of,
    open_site,
)


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as opened:
        yield opened


# ---- making it ready -------------------------------------------------------------------------------


def test_a_check_tells_what_is_missing_and_makes_nothing(site: Site) -> None:
    found = site.plan()
    actions = {(one.kind, one.title): one.action.value for one in found}
    assert actions["ticket attribute", "Soort"] == "create"
    assert actions["ticket attribute", "Oorzaak"] == "complete"
    assert actions["organization attribute", "sla"] == "create"
    assert actions["webhook", "CareSync"] == "create"
    assert actions["overview", "Vragen open"] == "create"
    assert actions["database", "update"] == "complete"
    assert actions["database", "restart"] == "by_hand"
    assert detail(found, "trigger", TRIGGER) == "changes by anybody but CareSync"
    assert site.writes() == []


def test_setup_makes_everything_once_and_the_second_time_nothing(site: Site) -> None:
    site.prepare()
    records = site.zammad.records
    made = {one.name: (one.display, one.data_type) for one in records.columns("Ticket")}
    assert made == NAMES
    assert site.attribute("care_clear").data_option["options"] == {"yes": "Ja", "no": "Nee"}
    assert "change" in site.attribute("care_kind").data_option["options"]
    assert site.attribute("sla").data_option["options"] == {"none": "Geen SLA", "standard": "SLA"}
    assert not any(one.is_pending for one in records.attributes.values())
    assert (len(records.webhooks), len(records.triggers), len(records.overviews)) == (1, 1, 2)
    before = len(site.writes())
    again = site.prepare()
    assert {one.action.value for one in again} == {"keep"}
    assert len(site.writes()) == before
    assert site.is_ready()


def test_a_new_ticket_has_no_facts_by_default(site: Site) -> None:
    site.prepare()
    ticket = site.zammad.file_ticket("Formulier stuk", "Kijken jullie?", site.zammad.add_customer("Eva"))
    (read,) = site.helpdesk().tickets([str(ticket)]).tickets
    assert {*read.fields.values()} == {None}


def test_customers_see_nothing_of_the_attributes_and_nobody_must_fill_them_in(site: Site) -> None:
    site.prepare()
    for name in NAMES.keys() - {"oorzaak"}:
        told = json.dumps(site.attribute(name).screens)
        assert "ticket.agent" in told
        assert "ticket.customer" not in told
        assert '"required": true' not in told


def test_options_that_people_made_stay_and_what_says_the_same_is_not_made_twice(site: Site) -> None:
    site.prepare()
    cause = site.attribute("oorzaak")
    assert list(cause.data_option["options"])[:3] == ["care", "Third party", "weather"]
    assert "customer" in cause.data_option["options"]
    assert "third_party" not in cause.data_option["options"]
    assert "note" not in cause.data_option


def test_options_that_people_put_in_an_order_keep_it_and_are_completed(site: Site) -> None:
    cause = site.attribute("oorzaak")
    cause.data_option["options"] = [{"name": "CARE", "value": "care"}, {"name": "Klant", "value": "customer"}]
    site.prepare()
    options = cause.data_option["options"]
    assert options[:2] == [{"name": "CARE", "value": "care"}, {"name": "Klant", "value": "customer"}]
    assert [one["value"] for one in options].count("customer") == 1
    assert "third_party" in [one["value"] for one in options]
    assert site.is_ready()


def test_an_option_that_an_administrator_removed_is_told_and_put_back(site: Site) -> None:
    site.prepare()
    kind = site.attribute("care_kind")
    kind.data_option["options"] = {"incident": "Storing"}
    found = site.plan()
    assert of(found, "complete") == [("ticket attribute", "Soort"), ("database", "update")]
    assert of(found, "by_hand") == []
    assert "consultancy" in detail(found, "ticket attribute", "Soort")
    site.prepare()
    assert kind.data_option["options"]["incident"] == "Storing"
    assert "consultancy" in kind.data_option["options"]
    assert kind.data_option["note"] == MARK


def test_an_attribute_that_is_switched_off_is_switched_on(site: Site) -> None:
    site.prepare()
    site.attribute("care_kind").active = False
    found = site.plan()
    assert detail(found, "ticket attribute", "Soort") == "switch it on"
    site.prepare()
    assert site.attribute("care_kind").active
    assert site.is_ready()


def test_of_two_attributes_that_are_called_alike_the_one_in_use_is_meant(site: Site) -> None:
    zammad = site.zammad
    zammad.add_attribute("Ticket", "soort_oud", "Soort", "boolean")
    site.attribute("soort_oud").active = False
    zammad.add_attribute("Ticket", "soort_nieuw", "Soort", "select", {"incident": "Storing"})
    site.prepare()
    assert "consultancy" in site.attribute("soort_nieuw").data_option["options"]
    assert site.is_ready()


def test_what_is_in_the_way_is_left_for_a_person(site: Site) -> None:
    zammad = site.zammad
    zammad.add_attribute("Ticket", "soort", "Soort", "boolean")
    zammad.add_attribute("Ticket", "care_clear", "Helder", "select", {"yes": "Ja", "no": "Nee"})
    zammad.records.triggers[1] = {"id": 1, "name": TRIGGER.upper(), "condition": {}, "perform": {}, "note": ""}
    found = site.prepare()
    in_the_way = [("ticket attribute", "Soort"), ("ticket attribute", "Opdracht duidelijk"), ("trigger", TRIGGER)]
    assert of(found, "conflict") == in_the_way
    assert "care_clear" in detail(found, "ticket attribute", "Opdracht duidelijk")
    assert list(zammad.records.triggers) == [1]


@pytest.mark.parametrize("name", ["customer_id", "12345"])
def test_a_name_that_zammad_does_not_take_is_told_before_anything_is_made(site: Site, name: str) -> None:
    site.wanted = Wanted(ticket_fields=(WantedField("service", name, WantedFieldKind.TEXT),))
    found = site.plan()
    assert of(found, "conflict") == [("ticket attribute", name)]


def test_an_sla_that_is_a_boolean_serves_as_well(site: Site) -> None:
    site.zammad.add_attribute("Organization", "sla", "SLA", "boolean")
    found = site.plan()
    assert ("organization attribute", "sla") in of(found, "keep")


# ---- the database ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["to_delete", "to_config"])
def test_a_change_of_others_that_waits_is_never_carried_out(site: Site, mark: str) -> None:
    site.zammad.add_attribute("Ticket", "ruimte", "Ruimte")
    setattr(site.attribute("ruimte"), mark, True)
    found = site.prepare()
    assert of(found, "conflict") == [("database", "update")]
    assert "Ticket.ruimte" in detail(found, "database", "update")
    assert getattr(site.attribute("ruimte"), mark)
    setattr(site.attribute("ruimte"), mark, False)
    found = site.prepare()
    assert of(found, "complete") == [("database", "update")]
    assert {one.name for one in site.zammad.records.columns("Ticket")} == {*NAMES, "ruimte"}


def test_setup_that_was_cut_off_goes_on_where_it_was(site: Site) -> None:
    site.server.faults.add("down", route="execute_migrations", times=10)
    with pytest.raises(Unavailable):
        site.prepare()
    site.server.faults.clear()
    found = site.plan()
    assert (of(found, "complete"), of(found, "create"), of(found, "conflict")) == ([("database", "update")], [], [])
    assert detail(found, "ticket attribute", "Soort") == "waits for the database"
    site.prepare()
    assert {one.name for one in site.zammad.records.columns("Ticket")} == {*NAMES}


def test_an_attribute_that_waits_to_be_deleted_is_left_for_a_person(site: Site) -> None:
    site.prepare()
    site.attribute("care_kind").to_delete = True
    found = site.prepare()
    assert of(found, "conflict") == [("ticket attribute", "Soort")]
    assert site.attribute("care_kind").to_delete


# ---- permissions, and taking away ------------------------------------------------------------------


@pytest.mark.parametrize("permission", sorted(ADMINISTRATES))
def test_a_permission_that_is_missing_is_told_by_its_name(site: Site, permission: str) -> None:
    site.zammad.records.users[site.robot].permissions.discard(permission)
    with pytest.raises(PermissionMissing, match=permission) as told:
        site.plan()
    assert "a role with that permission" in str(told.value)
    assert TOKEN not in str(told.value)
    assert site.writes() == []


def test_remove_takes_back_what_was_made_and_leaves_what_people_made(site: Site) -> None:
    site.prepare()
    found = site.remove()
    assert ("ticket attribute", "Soort") in of(found, "remove")
    records = site.zammad.records
    assert [one.name for one in records.attributes.values()] == ["oorzaak"]
    assert (records.webhooks, records.triggers, records.overviews) == ({}, {}, {})
    assert site.remove() == []


def test_what_others_lean_on_is_left_and_told(site: Site) -> None:
    site.prepare()
    records = site.zammad.records
    condition = {"ticket.care_kind": {"operator": "is", "value": "incident"}}
    call = {"notification.webhook": {"webhook_id": 1}}
    mine = {"id": 9, "name": "Storingen", "condition": condition, "perform": call, "note": "", "active": True}
    records.triggers[9] = mine
    found = site.remove()
    assert of(found, "conflict") == [("webhook", "CareSync"), ("ticket attribute", "Soort")]
    assert "Trigger: Storingen" in detail(found, "ticket attribute", "Soort")
    assert {one.name for one in records.attributes.values()} == {"oorzaak", "care_kind"}
    assert (list(records.webhooks), records.triggers) == ([1], {9: mine})


def test_an_attribute_that_an_administrator_edited_is_theirs(site: Site) -> None:
    site.prepare()
    del site.attribute("care_kind").data_option["note"]
    assert site.is_ready()
    site.remove()
    assert {one.name for one in site.zammad.records.attributes.values()} == {"oorzaak", "care_kind"}


def test_removal_that_was_cut_off_goes_on_where_it_was(site: Site) -> None:
    site.prepare()
    site.server.faults.add("down", route="execute_migrations", times=10)
    with pytest.raises(Unavailable):
        site.remove()
    site.server.faults.clear()
    found = site.remove()
    assert (of(found, "complete"), of(found, "remove")) == ([("database", "update")], [])
    assert [one.name for one in site.zammad.records.attributes.values()] == ["oorzaak"]


def test_what_was_never_made_in_the_database_goes_at_once(site: Site) -> None:
    site.server.faults.add("down", route="execute_migrations", times=10)
    with pytest.raises(Unavailable):
        site.prepare()
    site.server.faults.clear()
    site.wanted = Wanted(ticket_fields=FIELDS[:1])
    found = site.remove()
    assert ("ticket attribute", "Soort") in of(found, "remove")
    assert of(found, "complete") == []
    assert "care_kind" not in {one.name for one in site.zammad.records.attributes.values()}


def test_removal_carries_out_no_change_of_others(site: Site) -> None:
    site.prepare()
    site.attribute("oorzaak").to_delete = True
    found = site.remove()
    assert of(found, "conflict") == [("database", "update")]
    assert site.attribute("oorzaak").to_delete


def test_facts_come_out_of_the_attributes_as_what_they_are(site: Site) -> None:
    site.prepare()
    ticket = site.zammad.file_ticket("Formulier stuk", "Kijken jullie?", site.zammad.add_customer("Eva"))
    given = {"care_clear": "no", "care_delivered_on": "2026-03-01", "care_expected_minutes": 30}
    site.zammad.update(ticket, site.anna, given)
    ours: dict[str, FieldValue] = {"care_minutes": -15, "care_scope": "x" * 600}
    (written,) = site.helpdesk().apply([TicketChange(str(ticket), "CS-1", fields=ours)])
    assert written.outcome is ChangeOutcome.APPLIED
    (read,) = site.helpdesk().tickets([str(ticket)]).tickets
    assert (read.fields["clear"], str(read.fields["delivered_on"])) == ("no", "2026-03-01")
    assert (read.fields["expected_minutes"], read.fields["care_minutes"]) == (30, -15)
    assert read.fields["care_scope"] == ours["care_scope"]
