"""The script that makes a Request Tracker ready, and the one that takes it back, loaded by a real server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from care_sync.cli.main import app
from care_sync.cli.session import Session
from care_sync.clock import SystemClock
from care_sync.errors import UserError
from connectors.errors import PermissionMissing
from connectors.preparation import MARK, Action
from connectors.request_tracker.script import OPENS, TELLS
from tests.conformance.request_tracker_bed import RequestTrackerBed
from tests.real_servers.request_tracker import RealRequestTracker
from tests.system.request_tracker_site import BY_HAND, VIEWS, Site, of


@pytest.fixture
def loaded(
    real_request_tracker: RealRequestTracker, folder: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Site]:
    """A real server, which is given back with the script that it was begun with, and without other catalogs."""
    with RequestTrackerBed.on(real_request_tracker) as bed:
        site = Site(bed, folder, capsys, real_request_tracker.receiver.base_url)
        yield site
        for one in bed.ask("GET", "/catalogs/all", params={"fields": "Name", "per_page": "100"})["items"]:
            if one["Name"].endswith(site.run):
                bed.ask("DELETE", f"/catalog/{one['id']}", expect=204)
    real_request_tracker.load(real_request_tracker.script)


def test_a_script_holds_no_secret_asks_nothing_and_says_how_it_is_loaded(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RequestTrackerBed.open() as bed:
        site = Site(bed, folder, capsys, "https://care-sync.example.org")
        asked = len(bed.server.requests)
        told = site.write_script()
        assert len(bed.server.requests) == asked
        text = site.script.read_text(encoding="ascii")
        for hidden in (bed.place.token, bed.place.webhook_secret):
            assert hidden not in text
            assert hidden not in told
        assert "rt-setup-database --action insert --skip-create --datafile setup.pl" in told
        assert "Set($CareSyncWebhookSecret" in told
        _, told = site("setup", "--script", str(site.script), "--json")
        assert json.loads(told)["script"] == str(site.script)
        assert site.script.read_text(encoding="ascii") == text


def test_a_field_that_two_settings_name_is_made_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with RequestTrackerBed.open() as bed:
        site = Site(bed, folder, capsys, "https://care-sync.example.org")
        site.configure(token=bed.place.administrator_token)
        text = site.config.read_text("utf-8").replace("fields: {", f"fields: {{customer: Klant {site.run}, ", 1)
        site.config.write_text(text, encoding="utf-8")
        site.steps("--yes")
        assert site.field("Klant")["options"] == []


def test_names_with_quotes_and_other_letters_come_through_unharmed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RequestTrackerBed.open() as bed:
        site = Site(bed, folder, capsys, "https://care-sync.example.org")
        site.configure(queues=["O'Hara \\ Søn", "END_OF_WHAT_IS_WANTED"])
        site.write_script()
        text = site.script.read_text(encoding="ascii")
    told = re.search(r"<<'(\w+)'\);\n(.*?)\n\1\n", text, re.DOTALL)
    assert told is not None
    document = json.loads(told[2])
    assert document["queues"] == ["O'Hara \\ Søn", "END_OF_WHAT_IS_WANTED"]
    assert "Queue = 'O\\'Hara \\\\ Søn'" in document["searches"][0]["content"]["Query"]


def test_a_helpdesk_that_needs_no_script_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = folder / "config.yaml"
    config.write_text(
        "company: {name: CARE}\n"
        "helpdesk: {product: freshdesk, domain: care, api_key: a-key}\n"
        f'store: {{url: "sqlite:///{folder}/care.db"}}\n',
        encoding="utf-8",
    )
    with pytest.raises(UserError, match="needs no script"):
        app(
            ["setup", "--script", str(folder / "x.pl")],
            obj=Session(config, verbose=False, clock=SystemClock()),
            standalone_mode=False,
        )
    assert not (folder / "x.pl").exists()


@pytest.mark.slow
def test_a_site_that_loaded_the_script_has_nothing_left_to_do_and_works(
    loaded: Site, real_request_tracker: RealRequestTracker
) -> None:
    site, real = loaded, real_request_tracker
    catalog = f"Klanten {site.run}"
    site.configure(catalog=catalog)
    code, before = site.steps("--check")
    assert code == 1
    assert before["scrip", TELLS]["action"] == "undone"
    site.write_script()
    told = real.load(site.script)
    assert f'applied the custom field "Oorzaak {site.run}" to {site.bed.queue}' in told
    assert f'applied the custom field "SLA {site.run}" to {catalog}' in told
    assert "nothing was left to do" in real.load(site.script)

    code, after = site.steps("--check")
    assert (code, of(after, "by_hand")) == (0, [BY_HAND])
    assert {one["action"] for one in after.values()} == {"keep", "by_hand"}
    lines = site("check")[1].splitlines()
    missed = [line for line in lines if line.startswith("✗")]
    assert [line for line in missed if "field" in line or "customers" in line or "right" in line] == []

    given = {f"SLA {site.run}": "standard", f"Diensten {site.run}": "website"}
    customer = {"Name": f"Acme {site.run}", "Catalog": catalog, "CustomFields": given}
    site.bed.ask("POST", "/asset", json=customer, expect=201)
    ticket = site.bed.file_ticket("Menu stuk")
    facts = {"Werkte": "yes", "Oorzaak": "care", "Klant": f"Acme {site.run}"}
    values = {f"{name} {site.run}": value for name, value in facts.items()}
    site.bed.ask("PUT", f"/ticket/{ticket}", by="anna", json={"CustomFields": values})
    assert site("sync", "--json")[0] == 0
    assert "sla_included" in site.bed.values(ticket)[f"Labels {site.run}"]

    booked = site.bed.book(ticket, 5)
    call = real.receiver.call_about(ticket, booked)
    assert site.helpdesk().webhook(call.headers, call.body, site.bed.clock.now()).ticket_ids == (ticket,)
    assert real.receiver.paths_told(ticket) == {
        "/webhooks/helpdesk/request_tracker",
        "/webhooks/tracker/booked",
    }
    elsewhere = site.bed.ask("POST", "/ticket", json={"Queue": "General", "Subject": "Not ours"}, expect=201)["id"]
    assert real.receiver.paths_told(str(elsewhere)) == set()


@pytest.mark.slow
def test_what_drifted_since_the_script_was_loaded_is_told_and_mended_by_loading_it_again(
    loaded: Site, real_request_tracker: RealRequestTracker
) -> None:
    site, real = loaded, real_request_tracker
    site.write_script()
    real.load(site.script)
    number = site.field("Oorzaak")["id"]
    value = site.bed.ask("GET", f"/customfield/{number}/values")["items"][0]
    site.bed.ask("DELETE", f"/customfield/{number}/value/{value['id']}", expect=204)
    site.public = "http://127.0.0.1:1"
    site.configure()
    code, found = site.steps("--check")
    assert (code, found["ticket field", "Oorzaak"]["action"]) == (1, "complete")
    assert value["name"] in found["ticket field", "Oorzaak"]["detail"]
    assert found["scrip", TELLS]["action"] == found["condition of the scrip", OPENS]["action"] == "undone"
    site.write_script()
    told = real.load(site.script)
    assert f'gave the custom field "Oorzaak {site.run}" the value {value["name"]}' in told
    assert f'wrote the code of the scrip "{TELLS}" anew' in told
    assert site.steps("--check")[0] == 0


@pytest.mark.slow
def test_a_script_that_cannot_be_loaded_whole_changes_nothing(
    loaded: Site, real_request_tracker: RealRequestTracker
) -> None:
    site = loaded
    site.make_field("CARE min", "Date")
    site.write_script()
    with pytest.raises(RuntimeError, match=f'There is a custom field "CARE min {site.run}" of type Date'):
        real_request_tracker.load(site.script)
    query = json.dumps([{"field": "Name", "value": f"Werkte {site.run}"}])
    assert site.bed.ask("GET", "/customfields", params={"query": query})["items"] == []


@pytest.mark.slow
def test_the_script_of_a_removal_takes_back_what_was_made_and_leaves_what_people_made(
    loaded: Site, real_request_tracker: RealRequestTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, real = loaded, real_request_tracker
    site.make_field("Oorzaak", "Select", "care")
    site.write_script()
    real.load(site.script)
    by_hand = [*(("saved search", title) for title in VIEWS), ("rights and scrips", "CareSync")]
    plan = site.helpdesk().preparation.plan_removal(site.wanted())
    assert [(one.kind, one.title) for one in plan if one.action is Action.BY_HAND] == by_hand
    assert next(one.title for one in plan if one.action is Action.REMOVE) == f"Werkte {site.run}"
    site.write_script("--remove")
    monkeypatch.setenv("CARE_SYNC_HELPDESK__TOKEN", site.bed.place.administrator_token)
    told = real.load(site.script)
    for words in (f'took the scrip "{TELLS}" away', f'gave the scrip "{OPENS}" its own condition back', VIEWS[0]):
        assert words in told
    assert "nothing was left to do" in real.load(site.script)
    assert site.steps("--remove") == (0, {})
    assert int(site.field("Werkte")["Disabled"]) == 1
    assert site.field("Werkte")["Description"] == MARK
    assert int(site.field("Oorzaak")["Disabled"]) == 0
    ticket = site.bed.file_ticket("Menu stuk")
    assert real.receiver.paths_told(ticket) == set()
    monkeypatch.delenv("CARE_SYNC_HELPDESK__TOKEN")
    with pytest.raises(PermissionMissing, match="does not show the queue"):
        site("setup", "--check")
