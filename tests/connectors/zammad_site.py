"""A Zammad site that setup makes ready, run by run, as the tests of what it makes see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from care_sync.clock import ManualClock
from connectors.conformance.environment import Budgets
from connectors.conformance.helpdesk_bed import START, TOKEN
from connectors.preparation import Step, Wanted, WantedField, WantedFieldKind, WantedView
from connectors.protocols import Environment
from connectors.sandbox.zammad import SandboxZammad
from connectors.sandbox.zammad_records import ZammadAttribute
from connectors.sandbox.zammad_state import ZammadSite
from connectors.zammad.connector import ZammadHelpdesk
from connectors.zammad.settings import ZammadSettings

ADDRESS = "https://care-sync.example.org/webhooks/helpdesk/zammad"
CONFIGURED = "a-secret-that-people-chose-0001"
TRIGGER = "CareSync: tell of changed tickets"
YES_NO = {"yes": "Ja", "no": "Nee"}
CAUSES = {"care": "CARE", "customer": "Klant", "third_party": "Derden"}
KINDS = {"incident": "Incident", "change": "Wijziging", "consultancy": "Advies"}
FIELDS = (
    WantedField("kind", "Soort", WantedFieldKind.CHOICE, KINDS),
    WantedField("service", "dienst", WantedFieldKind.TEXT),
    WantedField("worked_before", "Werkte eerder", WantedFieldKind.YES_NO, YES_NO),
    WantedField("cause", "Oorzaak", WantedFieldKind.CHOICE, CAUSES),
    WantedField("delivered_on", "Opgeleverd op", WantedFieldKind.DATE),
    WantedField("expected_minutes", "Verwachte minuten", WantedFieldKind.WHOLE_NUMBER),
    WantedField("clear", "Opdracht duidelijk", WantedFieldKind.YES_NO, YES_NO),
    WantedField("care_scope", "care_scope", WantedFieldKind.TEXT),
    WantedField("care_minutes", "CARE minuten", WantedFieldKind.WHOLE_NUMBER),
)
WANTED = Wanted(
    ticket_fields=FIELDS,
    organization_fields=(
        WantedField("sla", "sla", WantedFieldKind.CHOICE, {"none": "Geen SLA", "standard": "SLA"}),
        WantedField("covered_services", "Diensten", WantedFieldKind.TEXT),
    ),
    views=(WantedView("Vragen open", "next_ask"), WantedView("Niet te bepalen", "sla_undetermined")),
    webhook_url=ADDRESS,
)
NAMES = {
    "care_kind": ("Soort", "select"),
    "dienst": ("Dienst", "input"),
    "care_worked_before": ("Werkte eerder", "select"),
    "oorzaak": ("Oorzaak", "select"),
    "care_delivered_on": ("Opgeleverd op", "date"),
    "care_expected_minutes": ("Verwachte minuten", "integer"),
    "care_clear": ("Opdracht duidelijk", "select"),
    "care_scope": ("Care scope", "input"),
    "care_minutes": ("CARE minuten", "integer"),
}
"""The ticket attributes that are there after setup; people made ``oorzaak``."""
ADMINISTRATES = {"admin.object", "admin.webhook", "admin.trigger", "admin.overview"}


@dataclass
class Site:
    """A Zammad, and runs of setup on it; ``secret`` is what the settings hold."""

    server: SandboxZammad
    clock: ManualClock
    robot: int
    anna: int
    secret: str | None = None
    wanted: Wanted = WANTED

    @property
    def zammad(self) -> ZammadSite:
        return self.server.site

    def helpdesk(self) -> ZammadHelpdesk:
        """A connector as each run makes it anew."""
        settings = {
            "base_url": self.server.base_url,
            "api_token": TOKEN,
            "webhook_secret": self.secret,
            "fields": {one.name: one.title for one in self.wanted.ticket_fields},
        }
        environment = Environment(self.clock.now, self.clock.sleep, Budgets())
        return ZammadHelpdesk(ZammadSettings.model_validate(settings), environment)

    def plan(self) -> list[Step]:
        return self.helpdesk().preparation.plan(self.wanted)

    def prepare(self) -> list[Step]:
        """Look, do it, and write the secret down, as the command does."""
        preparation = self.helpdesk().preparation
        preparation.plan(self.wanted)
        try:
            return list(preparation.prepare(self.wanted))
        finally:
            secret = preparation.signing_secret(self.wanted)
            self.secret = None if secret is None else secret.get_secret_value()

    def remove(self) -> list[Step]:
        """Look, and take away what the plan says."""
        preparation = self.helpdesk().preparation
        planned = preparation.plan_removal(self.wanted)
        done = list(preparation.remove(self.wanted))
        assert done == planned
        return done

    def is_ready(self) -> bool:
        return {one.action.value for one in self.plan()} == {"keep"}

    def writes(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.server.requests if one.method != "GET"]

    def attribute(self, name: str) -> ZammadAttribute:
        (found,) = [one for one in self.zammad.records.attributes.values() if one.name == name]
        return found


@contextmanager
def open_site() -> Iterator[Site]:
    """A site with one attribute that people made, an agent, and CareSync's token."""
    clock = ManualClock(START)
    zammad = ZammadSite(clock.now)
    zammad.add_group("Support")
    anna, robot = zammad.add_agent("Anna"), zammad.add_agent("CareSync", token=TOKEN)
    zammad.records.users[robot].permissions |= ADMINISTRATES
    options = {"care": "CARE", "Third party": "Derde partij", "weather": "Het weer"}
    zammad.add_attribute("Ticket", "oorzaak", "Oorzaak", "select", options)
    with SandboxZammad(zammad) as server:
        yield Site(server, clock, robot, anna)


def of(found: Sequence[Step], action: str) -> list[tuple[str, str]]:
    return [(one.kind, one.title) for one in found if one.action.value == action]


def detail(found: Sequence[Step], kind: str, title: str) -> str:
    return next(one.detail for one in found if (one.kind, one.title) == (kind, title))
