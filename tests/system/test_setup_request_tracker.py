"""Making a Request Tracker ready: what its API can, on the sandbox and a real server, and the script for the rest."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from care_sync.application import site_settings
from care_sync.cli.main import app
from care_sync.cli.session import Session
from care_sync.clock import SystemClock
from care_sync.errors import UserError
from care_sync.preparation import wanted_of
from connectors.conformance.environment import Budgets
from connectors.errors import PermissionMissing, Unavailable
from connectors.preparation import MARK, Action
from connectors.protocols import Environment
from connectors.request_tracker.connector import RequestTrackerHelpdesk
from connectors.request_tracker.script import OPENS, TELLS
from rules.loader import load_rules
from tests.conformance.request_tracker_bed import RequestTrackerBed
from tests.real_servers.request_tracker import RealRequestTracker

CONFIG = """\
company: {{name: CARE}}
helpdesk:
  product: request_tracker
  base_url: {url}
  token: {token}
  webhook_secret: {secret}
  queues: {queues}
  fields: {{worked_before: Werkte {run}, cause: Oorzaak {run}, delivered_on: Geleverd {run},
    care_minutes: CARE min {run}}}
  organization_fields: {{sla: SLA {run}, covered_services: Diensten {run}}}
  tags_field: Labels {run}
  customers: {{catalog: {catalog}, ticket_field: Klant {run}}}
time_trackers:
  booked: {{product: request_tracker, base_url: {url}, token: {token}, webhook_secret: {secret}}}
facts: {{defaults: {{kind: incident, service: website}}}}
store: {{url: "sqlite:///{folder}/care.db"}}
web: {{public_url: "{public}"}}
"""
TICKET_FIELDS = ("Werkte", "Oorzaak", "Geleverd", "CARE min", "Labels", "Klant")
VIEWS = ("CareSync: vragen open", "CareSync: nog niet te bepalen")
BY_HAND = ("option", "CareSyncWebhookSecret")


class Site:
    """A Request Tracker with a queue and a catalog of its own, and CareSync's commands on its settings.

    Names of custom fields end with ``run``, so that any number of tests share one server.
    """

    def __init__(self, bed: RequestTrackerBed, folder: Path, capsys: pytest.CaptureFixture[str], public: str) -> None:
        self.bed = bed
        self.folder = folder
        self.run = secrets.token_hex(4)
        self.config = folder / "config.yaml"
        self.script = folder / "setup.pl"
        self._capsys = capsys
        self.public = public
        self.configure()

    def configure(self, **changes: object) -> None:
        place = self.bed.place
        given = {
            "url": place.url,
            "token": place.token,
            "secret": place.webhook_secret,
            "queues": [self.bed.queue],
            "catalog": self.bed.catalog,
            "folder": self.folder.as_posix(),
            "public": self.public,
            **changes,
        }
        self.config.write_text(CONFIG.format(run=self.run, **given), encoding="utf-8")

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Run a command; gives the exit code and what was said."""
        self._capsys.readouterr()
        code = 0
        session = Session(self.config, verbose=False, clock=self.bed.clock)
        try:
            app(list(arguments), prog_name="care-sync", obj=session)
        except SystemExit as ended:
            code = int(ended.code or 0)
        told = self._capsys.readouterr()
        return code, told.out if "--json" in arguments else told.out + told.err

    def steps(self, *arguments: str) -> tuple[int, dict[tuple[str, str], dict[str, Any]]]:
        """The steps of ``care-sync setup`` by kind and title; those of fields without ``run``."""
        code, output = self("setup", *arguments, "--json")
        found = json.loads(output)
        return code, {(one["kind"], one["title"].removesuffix(f" {self.run}")): one for one in found}

    def helpdesk(self) -> RequestTrackerHelpdesk:
        """The connector, with these settings."""
        settings = site_settings(self.config).helpdesk.options
        environment = Environment(self.bed.clock.now, self.bed.clock.sleep, Budgets())
        return RequestTrackerHelpdesk(settings, environment)

    def write_script(self, *arguments: str) -> str:
        """What the administrator is given."""
        code, told = self("setup", *arguments, "--script", str(self.script))
        assert code == 0, told
        return told

    def field(self, name: str) -> dict[str, Any]:
        """A custom field, with its options."""
        query = json.dumps([{"field": "Name", "value": f"{name} {self.run}"}])
        params = {"query": query, "fields": "Name,Description,Type,MaxValues,Disabled", "find_disabled_rows": "1"}
        (found,) = self.bed.ask("GET", "/customfields", params=params)["items"]
        values = self.bed.ask("GET", f"/customfield/{found['id']}/values", params={"per_page": "100"})["items"]
        return {**found, "options": [one["name"] for one in values]}

    def make_field(self, name: str, kind: str, *options: str, queue: str | None = None) -> str:
        """A person makes a custom field and applies it to the queue; gives its number."""
        given = {"Name": f"{name} {self.run}", "Type": kind, "MaxValues": 1, "LookupType": "RT::Queue-RT::Ticket"}
        number = self.bed.ask("POST", "/customfield", json={**given, "Queue": queue or self.bed.queue}, expect=201)[
            "id"
        ]
        for option in options:
            self.bed.ask("POST", f"/customfield/{number}/value", json={"Name": option}, expect=201)
        return str(number)


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copyfile(sqlite_template, tmp_path / "care.db")
    monkeypatch.delenv("CARE_SYNC_SECRETS_DIRECTORY", raising=False)
    return tmp_path


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


def of(found: dict[tuple[str, str], dict[str, Any]], action: str) -> list[tuple[str, str]]:
    return [key for key, one in found.items() if one["action"] == action]


# ---- what the API can ----------------------------------------------------------------------------------


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


# ---- the script ----------------------------------------------------------------------------------------


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
    plan = site.helpdesk().plan_removal(wanted_of(site_settings(site.config), load_rules()))
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
