"""An office with a Zendesk account, a Toggl workspace and CareSync between them: what whole passes are tried on.

Everything is real but the products: settings, store, rules, connectors, HTTP on loopback. The clock stands still until
a test moves it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from care_sync.application import Application, open_application, site_settings
from care_sync.clock import ManualClock
from care_sync.ledger import cards
from care_sync.ledger.closing import close_month
from care_sync.model.account import CONTRA
from care_sync.model.mark import DirtyKind
from care_sync.model.terms import Terms
from care_sync.pipeline.customer import terms_of
from care_sync.pipeline.run import PassKind, PassReport, Scope
from care_sync.store import UnitOfWork
from connectors.sandbox.toggl import SandboxToggl
from connectors.sandbox.toggl_state import TogglWorkspace
from connectors.sandbox.zendesk import SandboxZendesk
from connectors.sandbox.zendesk_state import ZendeskAccount

START = datetime(2026, 10, 12, 8, 0, tzinfo=UTC)
TOKEN = "a-secret-that-is-never-shown-002"
HOUR = 3600


def options(fact: str, *words: str) -> dict[str, str]:
    """The options of a dropdown, whose tags are unique in the account as Zendesk wants it."""
    return {f"{fact}_{word}": word.replace("_", " ") for word in words}


FIELDS: dict[str, tuple[str, str, dict[str, str] | None]] = {
    "kind": (
        "Soort",
        "tagger",
        options(
            "kind",
            "incident", "short_question", "admin_question", "change", "new_build",
            "consultancy", "training", "quote_request", "other",
        ),
    ),
    "service": ("Dienst", "text", None),
    "worked_before": ("Werkte eerder", "tagger", options("worked_before", "yes", "no")),
    "cause": (
        "Oorzaak",
        "tagger",
        options(
            "cause",
            "care", "third_party", "customer", "general_development", "hourly_assignment", "quoted_assignment",
        ),
    ),
    "fix_adopted": ("Oplossing opgenomen", "tagger", options("fix_adopted", "yes", "no")),
    "delivered_on": ("Opgeleverd op", "date", None),
    "expected_minutes": ("Verwachte minuten", "integer", None),
    "clear": ("Opdracht duidelijk", "tagger", options("clear", "yes", "no")),
    "quote": (
        "Offerte",
        "tagger",
        options("quote", "none", "requested", "estimated", "interested", "sent", "accepted", "declined"),
    ),
    "quote_basis": ("Offertebasis", "tagger", options("quote_basis", "fixed", "time_and_materials")),
    "acceptance": ("Acceptatie", "tagger", options("acceptance", "none", "on_acceptance", "approved", "delivered")),
    "estimate": ("Schatting", "tagger", options("estimate", "none", "given", "agreed")),
    "care_scope": ("CARE scope", "text", None),
    "care_route": ("CARE betaling", "text", None),
    "care_next_step": ("CARE volgende stap", "text", None),
    "care_minutes": ("CARE minuten", "integer", None),
    "care_card_minutes": ("CARE strippenkaartminuten", "integer", None),
    "care_questions": ("CARE vragen", "text", None),
}  # fmt: skip
INCIDENT = {"kind": "incident", "service": "website", "worked_before": "yes", "expected_minutes": 30}

CONFIG = """\
company: {{name: CARE}}
helpdesk:
  product: zendesk
  subdomain: care
  base_url: {zendesk}
  email: anna@example.com
  api_token: {token}
  webhook_secret: hook-4f1c9a7e2b8d
  fields: {fields}
  organization_fields:
    {{sla: sla, covered_services: covered_services, owner_ticket: owner_ticket, owner_email: owner_email}}
  reserved_requests: 0
time_trackers:
  toggl: {{workspace_id: {workspace}, api_token: {token}, base_url: {toggl}, webhook_secret: hook-4f1c9a7e2b8d}}
store: {{url: "{store}"}}
ledger:
  hour_card: {{rates: {{2025: 89.00, 2026: 92.50}}}}
  fair_use: {{minutes_per_month: {{default: {free_minutes}, none: 0}}}}
"""


class Office:
    """People, products, and CareSync."""

    def __init__(
        self, clock: ManualClock, account: ZendeskAccount, zendesk: SandboxZendesk, toggl: SandboxToggl
    ) -> None:
        self.clock = clock
        self.account = account
        self.zendesk = zendesk
        self.toggl = toggl
        self.application: Application
        self.config: Path
        self._running = ExitStack()
        self.agent = account.add_user("Anna", "admin", email="anna@example.com")
        self._requesters: dict[str, int] = {}
        self._organizations: dict[str, int] = {}
        self._projects: dict[str, int] = {}
        for title, kind, choices in FIELDS.values():
            account.add_ticket_field(title, kind, options=choices)
        account.add_organization_field("sla", "checkbox")
        for key in ("covered_services", "owner_ticket", "owner_email"):
            account.add_organization_field(key, "text")

    # ---- what people do ----------------------------------------------------------------------------

    def add_customer(self, name: str = "Acme", *, sla: bool | None = True, locale: str = "nl", **fields: Any) -> str:
        """An organization with one requester."""
        if sla is not None:
            fields["sla"] = sla
        organization = self.account.add_organization(name, **fields)
        self._organizations[name] = organization
        self._requesters[name] = self.account.add_user(f"Eva of {name}", organization_id=organization, locale=locale)
        return str(organization)

    def file_ticket(
        self, subject: str = "Formulier stuk", *, customer: str = "Acme", channel: str = "web", **facts: Any
    ) -> str:
        """A ticket with facts filled in."""
        return str(
            self.account.file_ticket(
                subject,
                "Kunnen jullie kijken?",
                self._requesters[customer],
                channel=channel,
                custom_fields=self._given(facts),
            )
        )

    def set_facts(self, ticket_id: str, **facts: Any) -> None:
        """An agent fills in fields."""
        self.account.update(int(ticket_id), self.agent, {"custom_fields": self._given(facts)})

    def work(self, ticket_id: str, minutes: float, *tags: str, customer: str | None = "Acme", days_ago: int = 0) -> int:
        """An hour that somebody wrote down in Toggl; gives the entry's id."""
        user = next(iter(self.toggl.workspace.users.values()))
        return self.toggl.workspace.write_down(
            user.id,
            self.clock.now() - timedelta(days=days_ago, hours=2),
            int(minutes * 60),
            f"#{ticket_id} werk",
            project_id=None if customer is None else self._project(customer),
            tags=tags,
        )

    def buy_card(self, hours: Decimal | int = 50, *, customer: str = "Acme", bought_on: date = date(2026, 9, 1)) -> int:
        """Sell a card, also a small one, and let it count."""
        with self.application.store.begin() as work:
            return self.sell(work, str(self._organizations[customer]), Decimal(hours), bought_on)

    def sell(self, work: UnitOfWork, organization_id: str, hours: Decimal, bought_on: date) -> int:
        """Sell a card in a unit of work, as the command does."""
        card = cards.buy(
            work,
            organization_id,
            hours=hours,
            rate=Decimal(90),
            bought_on=bought_on,
            reference="F1",
            now=self.clock.now(),
            actor="anna",
            override_reason="a trial" if hours < 50 else "",
            again=True,
        )
        work.dirty.mark(DirtyKind.ORGANIZATION, [organization_id], "a card was bought", self.clock.now())
        return card.card_id

    def close_month(self, period: str) -> None:
        """Close a month that is over."""
        with self.application.store.begin() as work:
            close_month(
                work,
                period,
                terms=lambda key: self._terms(work, key),
                prices=self.application.settings.ledger.prices,
                now=self.clock.now(),
                today=self.application.site.today(),
                actor="anna",
            )

    # ---- CareSync ------------------------------------------------------------------------------------

    def restart(self, more_settings: str = "", *, store_url: str | None = None) -> None:
        """End CareSync and start it again, with lines added to its settings; on the same store, or on another."""
        text = self.config.read_text(encoding="utf-8")
        if store_url is not None:
            text = re.sub(r"^store: .*$", f'store: {{url: "{store_url}"}}', text, flags=re.MULTILINE)
        self.config.write_text(text + more_settings, encoding="utf-8")
        self.start()

    def start(self) -> None:
        """Start CareSync anew: nothing of what was in memory is left."""
        self._running.close()
        self.application = self._running.enter_context(open_application(site_settings(self.config), self.clock))

    def stop(self) -> None:
        """End CareSync."""
        self._running.close()

    def sync(self, kind: PassKind = PassKind.FULL, **scope: Any) -> PassReport:
        """Wait until the export shows everything, then run a pass; what failed fails the test."""
        report = self.try_sync(kind, **scope)
        assert report.failures == []
        return report

    def quiet(self) -> None:
        """Let the quiet time go by after which a customer is told."""
        minutes = self.application.settings.write_back.quiet_minutes
        self.clock.advance(timedelta(minutes=minutes))

    def later(self) -> None:
        """Let so much time pass that the export leaves nothing out any more."""
        self.clock.advance(timedelta(seconds=61))

    def try_sync(self, kind: PassKind = PassKind.FULL, **scope: Any) -> PassReport:
        """The same, for passes that are meant to go wrong."""
        self.later()
        return self.application.run(Scope(kind, **scope))

    # ---- what is seen --------------------------------------------------------------------------------

    def tags(self, ticket_id: str) -> set[str]:
        """All tags of a ticket, as an agent sees them."""
        return set(self.account.records.tickets[int(ticket_id)].tags)

    def ours(self, ticket_id: str) -> set[str]:
        """Our tags of a ticket."""
        return {tag for tag in self.tags(ticket_id) if tag.startswith(("sla_", "route_", "next_"))}

    def field(self, ticket_id: str, name: str) -> Any:
        """A field of a ticket by our name for it."""
        by_title = {one.title: one.id for one in self.account.records.ticket_fields.values()}
        return self.account.records.tickets[int(ticket_id)].custom_fields.get(by_title[FIELDS[name][0]])

    def notes(self, ticket_id: str) -> list[str]:
        """Internal notes, oldest first."""
        return [one["body"] for one in self.account.comments(int(ticket_id)) if not one["public"]]

    def replies(self, ticket_id: str) -> list[str]:
        """Public comments that we wrote, oldest first."""
        public = [one for one in self.account.comments(int(ticket_id)) if one["public"]]
        return [one["body"] for one in public if one["author_id"] == self.agent]

    def balances(self, customer: str = "Acme") -> dict[str, int]:
        """Seconds by account, contra accounts and zeros left out."""
        with self.application.store.read() as work:
            found = work.ledger.balances(str(self._organizations[customer]))
        return {name: seconds for name, seconds in found.items() if seconds and name not in CONTRA}

    def organization(self, name: str) -> int:
        """The number of a customer in Zendesk."""
        return self._organizations[name]

    def requester(self, name: str) -> int:
        """The number of a customer's requester in Zendesk."""
        return self._requesters[name]

    def _terms(self, work: UnitOfWork, organization_id: str) -> Terms:
        organization = work.organizations.get(organization_id)
        assert organization is not None
        return terms_of(work, self.application.settings, organization)

    def _project(self, customer: str) -> int:
        if customer not in self._projects:
            workspace = self.toggl.workspace
            self._projects[customer] = workspace.add_project(f"Werk {customer}", workspace.add_client(customer))
        return self._projects[customer]

    def _given(self, facts: dict[str, Any]) -> list[dict[str, Any]]:
        by_title = {one.title: one for one in self.account.records.ticket_fields.values()}
        given = []
        for name, value in facts.items():
            title, kind, _ = FIELDS[name]
            text = f"{name}_{value}" if kind == "tagger" and value is not None else value
            given.append({"id": by_title[title].id, "value": text})
        return given


def write_config(folder: Path, office: Office, store_url: str, free_minutes: int) -> Path:
    """The settings file of the office's site."""
    fields = "{" + ", ".join(f"{name}: {title}" for name, (title, _, _) in FIELDS.items()) + "}"
    path = folder / "config.yaml"
    text = CONFIG.format(
        zendesk=office.zendesk.base_url,
        toggl=office.toggl.base_url,
        workspace=office.toggl.workspace.workspace_id,
        token=TOKEN,
        fields=fields,
        store=store_url,
        free_minutes=free_minutes,
    )
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def open_office(
    folder: Path,
    store_url: str,
    *,
    requests_a_minute: int = 5000,
    exports_a_minute: int = 1000,
    free_minutes: int = 60,
) -> Iterator[Office]:
    """Start the products and CareSync."""
    clock = ManualClock(START)
    account = ZendeskAccount(clock.now)
    account.records.api_tokens.add(TOKEN)
    workspace = TogglWorkspace(clock.now)
    workspace.add_user("Anna", api_token=TOKEN)
    with ExitStack() as stack:
        zendesk = stack.enter_context(
            SandboxZendesk(account, requests_a_minute=requests_a_minute, exports_a_minute=exports_a_minute)
        )
        toggl = stack.enter_context(SandboxToggl(workspace))
        office = Office(clock, account, zendesk, toggl)
        office.config = write_config(folder, office, store_url, free_minutes)
        stack.callback(office.stop)
        office.start()
        yield office
