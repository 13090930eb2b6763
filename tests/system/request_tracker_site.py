"""A Request Tracker that is to be made ready, the sandbox or a real one, and CareSync's commands on it."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from care_sync.application import site_settings
from care_sync.cli.main import app
from care_sync.cli.session import Session
from care_sync.preparation import wanted_of
from connectors.conformance.environment import Budgets
from connectors.preparation import Wanted
from connectors.protocols import Environment
from connectors.request_tracker.connector import RequestTrackerHelpdesk
from connectors.request_tracker.settings import RequestTrackerSettings
from rules.loading import load_rules
from tests.conformance.request_tracker_bed import RequestTrackerBed

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

    def settings(self) -> RequestTrackerSettings:
        """Those of the helpdesk."""
        options = site_settings(self.config).helpdesk.options
        assert isinstance(options, RequestTrackerSettings)
        return options

    def wanted(self) -> Wanted:
        """What the site wants."""
        return wanted_of(site_settings(self.config), load_rules())

    def helpdesk(self) -> RequestTrackerHelpdesk:
        """The connector, with these settings."""
        environment = Environment(self.bed.clock.now, self.bed.clock.sleep, Budgets())
        return RequestTrackerHelpdesk(self.settings(), environment)

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


def of(found: dict[tuple[str, str], dict[str, Any]], action: str) -> list[tuple[str, str]]:
    return [key for key, one in found.items() if one["action"] == action]
