"""Making a Request Tracker ready through its API: on the sandbox, and where it matters on a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.errors import PermissionMissing, Unavailable
from connectors.preparation import MARK
from connectors.request_tracker.script import OPENS, TELLS, receipt
from tests.conformance.request_tracker_bed import RequestTrackerBed
from tests.system.request_tracker_site import BY_HAND, TICKET_FIELDS, VIEWS, Site, of

REAL = pytest.param("real", marks=pytest.mark.slow)
on_both = pytest.mark.parametrize("site", ["sandbox", REAL], indirect=True)


@pytest.fixture(params=["sandbox"])
def site(
    request: pytest.FixtureRequest, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """A site whose administrator's token the environment holds."""
    opened = (
        RequestTrackerBed.open()
        if request.param == "sandbox"
        else RequestTrackerBed.on(request.getfixturevalue("real_request_tracker"))
    )
    with opened as bed:
        monkeypatch.setenv("CARE_SYNC_HELPDESK__TOKEN", bed.place.administrator_token)
        yield Site(bed, folder, capsys, "https://care-sync.example.org")


@on_both
def test_a_check_tells_what_is_missing_and_who_can_make_it_and_makes_nothing(site: Site) -> None:
    code, found = site.steps("--check")
    assert code == 1
    assert of(found, "create") == [("ticket field", name) for name in TICKET_FIELDS]
    assert {("asset field", "SLA"), ("asset field", "Diensten")} <= set(of(found, "undone"))
    assert ("saved search", VIEWS[0]) in of(found, "undone")
    assert found["catalog", site.bed.catalog]["action"] == "keep"
    assert found[BY_HAND]["action"] == "by_hand"
    assert "openssl rand -hex 32" in found[BY_HAND]["detail"]
    query = json.dumps([{"field": "Name", "value": f"Werkte {site.run}"}])
    assert site.bed.ask("GET", "/customfields", params={"query": query})["items"] == []


@on_both
def test_fields_are_made_once_with_their_options_and_applied_to_the_queue(site: Site) -> None:
    code, found = site.steps("--yes")
    assert (code, found["ticket field", "Werkte"]["action"]) == (1, "create")
    kinds = {name: (site.field(name)["Type"], int(site.field(name)["MaxValues"])) for name in TICKET_FIELDS}
    assert kinds["Oorzaak"] == kinds["Werkte"] == ("Select", 1)
    assert kinds["Geleverd"] == ("Date", 1)
    assert kinds["CARE min"] == kinds["Klant"] == ("Freeform", 1)
    assert kinds["Labels"] == ("Freeform", 0)
    assert site.field("Werkte")["options"] == ["yes", "no"]
    assert "quoted_assignment" in site.field("Oorzaak")["options"]
    ticket = site.bed.file_ticket("Menu stuk")
    assert {f"{name} {site.run}" for name in TICKET_FIELDS} <= set(site.bed.values(ticket))
    _, again = site.steps("--yes")
    assert {again["ticket field", name]["action"] for name in TICKET_FIELDS} == {"keep"}
    assert len(site.field("Oorzaak")["options"]) == 6


def test_what_people_made_is_completed_and_nothing_more(site: Site) -> None:
    site.make_field("Oorzaak", "Select", "care", "Third party", "weather")
    _, before = site.steps("--check")
    assert before["ticket field", "Oorzaak"]["action"] == "complete"
    assert "customer" in before["ticket field", "Oorzaak"]["detail"]
    site.steps("--yes")
    cause = site.field("Oorzaak")
    assert sorted(cause["options"][:3]) == ["Third party", "care", "weather"]
    assert {"customer", "quoted_assignment"} <= set(cause["options"])
    assert "third_party" not in cause["options"]
    assert cause["Description"] == ""


@on_both
def test_what_is_in_the_way_is_left_for_a_person(site: Site) -> None:
    site.make_field("Werkte", "Freeform")
    site.make_field("oorzaak", "Select")
    code, found = site.steps("--yes")
    assert code == 1
    assert of(found, "conflict") == [("ticket field", "Werkte"), ("ticket field", "Oorzaak")]
    assert "its type is Freeform" in found["ticket field", "Werkte"]["detail"]
    assert f'"oorzaak {site.run}"' in found["ticket field", "Oorzaak"]["detail"]


def test_a_field_that_is_applied_to_another_queue_is_told_with_what_to_do(site: Site) -> None:
    site.make_field("Werkte", "Select", queue="General")
    _, found = site.steps("--check")
    told = found["ticket field", "Werkte"]
    assert told["action"] == "undone"
    assert told["detail"].startswith(f"apply it to {site.bed.queue}, or load the script")


def test_fields_for_several_queues_are_left_to_the_script(site: Site) -> None:
    site.configure(queues=[site.bed.queue, "General"])
    code, found = site.steps("--yes")
    assert code == 1
    assert {("ticket field", name) for name in TICKET_FIELDS} <= set(of(found, "undone"))
    assert of(found, "create") == []


def test_a_catalog_is_made_and_switched_off_while_it_is_empty(site: Site) -> None:
    site.configure(catalog=f"Klanten {site.run}")
    assert site.steps("--yes")[1]["catalog", "Klanten"]["action"] == "create"
    assert site.steps("--yes")[1]["catalog", "Klanten"]["action"] == "keep"
    assert of(site.steps("--remove", "--yes")[1], "remove")[-1] == ("catalog", "Klanten")
    assert ("catalog", "Klanten") not in site.steps("--remove")[1]
    assert site.steps("--yes")[1]["catalog", "Klanten"]["action"] == "complete"
    asset = {"Name": "Acme", "Catalog": f"Klanten {site.run}"}
    site.bed.ask("POST", "/asset", json=asset, expect=201)
    told = site.steps("--remove", "--yes")[1]["catalog", "Klanten"]
    assert told["action"] == "by_hand"
    assert "it holds customers" in told["detail"]


@on_both
def test_remove_switches_off_what_was_made_leaves_what_people_made_and_making_it_again_brings_it_back(
    site: Site,
) -> None:
    site.make_field("Oorzaak", "Select", "care")
    site.steps("--yes")
    ticket = site.bed.file_ticket("Menu stuk")
    site.bed.ask("PUT", f"/ticket/{ticket}", json={"CustomFields": {f"Werkte {site.run}": "yes"}})
    code, found = site.steps("--remove", "--yes")
    assert code == 0
    removed = [("ticket field", name) for name in TICKET_FIELDS if name != "Oorzaak"]
    assert of(found, "remove") == removed
    assert int(site.field("Werkte")["Disabled"]) == 1
    assert int(site.field("Oorzaak")["Disabled"]) == 0
    assert of(site.steps("--remove", "--yes")[1], "remove") == []
    _, again = site.steps("--yes")
    assert again["ticket field", "Werkte"]["action"] == "complete"
    assert site.bed.values(ticket)[f"Werkte {site.run}"] == ["yes"]
    assert site.steps("--check")[1]["ticket field", "Werkte"]["action"] == "keep"


@on_both
def test_a_token_that_may_not_administer_is_told_the_rights_and_the_way_out(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CARE_SYNC_HELPDESK__TOKEN")
    with pytest.raises(PermissionMissing, match="may not administer") as told:
        site("setup", "--yes")
    for words in ("AdminCustomField", "CARE_SYNC_HELPDESK__TOKEN", "care-sync setup --script"):
        assert words in str(told.value)
    assert site.bed.place.token not in str(told.value)


def test_setup_that_was_cut_off_goes_on_where_it_was(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with RequestTrackerBed.open() as bed:
        site = Site(bed, folder, capsys, "https://care-sync.example.org")
        site.configure(token=bed.place.administrator_token)
        bed.server.faults.add("down", route=r"POST /REST/2\.0/customfield/\d+/value", times=10)
        with pytest.raises(Unavailable):
            site("setup", "--yes")
        assert site.field("Werkte")["options"] == []
        bed.server.faults.clear()
        assert site.steps("--yes")[1]["ticket field", "Werkte"]["action"] == "complete"
        assert len(site.field("Werkte")["options"]) == 2


def test_what_the_api_hides_is_known_by_the_receipt_that_the_script_left(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hidden = [("rights of the group", "CareSync"), ("scrip", TELLS), ("condition of the scrip", OPENS)]
    with RequestTrackerBed.open() as bed:
        site = Site(bed, folder, capsys, "https://care-sync.example.org")
        site.configure(token=bed.place.administrator_token)
        (group,) = [one for one in bed.server.site.groups.values() if one.name == "CareSync"]
        assert [site.steps("--check")[1][key]["action"] for key in hidden] == ["by_hand"] * 3
        group.description = f"{MARK} {receipt(site.wanted(), site.settings())}"
        assert [site.steps("--check")[1][key]["action"] for key in hidden] == ["keep"] * 3
        site.configure(token=bed.place.administrator_token, public="https://elsewhere.example.org")
        assert [site.steps("--check")[1][key]["action"] for key in hidden] == ["undone"] * 3


def test_saved_searches_are_looked_at_and_those_of_people_are_in_the_way(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RequestTrackerBed.open() as bed:
        site = Site(bed, folder, capsys, "https://care-sync.example.org")
        query = f"( Queue = '{bed.queue}' ) AND Status = '__Active__' AND 'CF.{{Labels {site.run}}}' = 'next_ask'"
        waiting, undetermined = (("saved search", title) for title in VIEWS)
        there = bed.server.site.searches
        there[f"Search - {VIEWS[0]}"] = {"Query": query, "CareSync": MARK}
        there[f"Search - {VIEWS[1]}"] = {"Query": "id > 0"}
        _, found = site.steps("--check")
        assert (found[waiting]["action"], found[undetermined]["action"]) == ("keep", "conflict")
        there[f"Search - {VIEWS[0]}"]["Query"] = "id > 0"
        assert site.steps("--check")[1][waiting]["action"] == "undone"
