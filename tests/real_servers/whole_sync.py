"""The whole nightly sync on real servers: people work in Request Tracker and Redmine, CareSync stands between them.

``make demo-real`` plays it on servers that it starts; a test plays it too. Customers write e-mails, agents work through
the products' own interfaces, CareSync is what operations run: its commands and a settings file. What comes of it
is looked up in the products again.

Terms
    office    both servers with their people, a settings file, and a store
    fact      what is seen, compared with what must be; the first that differs ends the play
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from care_sync.cli.main import run
from care_sync.clock import SystemClock
from connectors.records import CommentKind
from tests.conformance.redmine_bed import TICKET_FIELD, RedmineBed
from tests.conformance.request_tracker_bed import RequestTrackerBed
from tests.real_servers import redmine, request_tracker

ZONE = ZoneInfo("Europe/Amsterdam")
INCIDENT = {"kind": "incident", "service": "website", "worked_before": True}
CHANGE = {
    **{"kind": "change", "service": "website", "clear": True, "expected_minutes": 120},
    **{"quote": "none", "estimate": "agreed", "acceptance": "none"},
}
CARD_HOURS = 50
NOT_OURS = frozenset({"vip"})


@dataclass(slots=True)
class Office:
    """The servers, the people, and CareSync. ``tell`` is told every step and every fact."""

    desk: RequestTrackerBed
    tracker: RedmineBed
    mail: Path
    folder: Path
    tell: Callable[[str], None]
    issues: dict[str, int] = field(default_factory=dict)

    # ---- what people do ------------------------------------------------------------------------------

    def work(self, ticket_id: str, minutes: int, words: str, *, person: str) -> str:
        """Time in Redmine, on the issue that names the ticket."""
        if ticket_id not in self.issues:
            self.issues[ticket_id] = self.tracker.open_issue(f"Ticket {ticket_id}", ticket=ticket_id)
        begun = SystemClock().now() - timedelta(minutes=minutes)
        return self.tracker.write_down(begun, minutes * 60, words, person=person, issue=self.issues[ticket_id])

    # ---- CareSync ------------------------------------------------------------------------------------

    def configure(self) -> None:
        """Write the settings file, as ``docs/connectors`` shows it."""
        place = self.desk.place
        site = {"base_url": place.url, "token": place.token}
        names = {name: one.name for name, one in request_tracker.FIELDS.items()}
        organization_names = {name: one.name for name, one in request_tracker.ORGANIZATION_FIELDS.items()}
        year = SystemClock().now().year
        settings = {
            "company": {"name": "CARE"},
            "helpdesk": {
                "product": "request_tracker",
                **site,
                "queues": [self.desk.queue],
                "fields": names,
                "organization_fields": organization_names,
                "tags_field": request_tracker.TAGS.name,
                "customers": {"catalog": self.desk.catalog, "ticket_field": request_tracker.CUSTOMER.name},
                "webhook_secret": place.webhook_secret,
            },
            "time_trackers": {
                "request_tracker": {
                    **site,
                    "queues": [self.desk.queue],
                    "work_date_field": request_tracker.WORKED_ON.name,
                    "tags_field": request_tracker.ACTIVITY.name,
                },
                "redmine": {"base_url": self.tracker.url, "api_key": self.tracker.key, "ticket_field": TICKET_FIELD},
            },
            "store": {"url": f"sqlite:///{self.folder / 'care-sync.sqlite'}"},
            "write_back": {"quiet_minutes": 0},  # nobody waits here for a quarter of an hour
            "ledger": {
                "hour_card": {"rates": {year - 1: 89.00, year: 92.50}},
                "fair_use": {"minutes_per_month": {"default": 60, "none": 0}},
            },
        }
        (self.folder / "config.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")

    def care(self, *arguments: str, ends_with: int = 0) -> str:
        """Run a command of CareSync; gives what it printed."""
        printed, complained = StringIO(), StringIO()
        with redirect_stdout(printed), redirect_stderr(complained):
            code = run(["--config", str(self.folder / "config.yaml"), *arguments])
        if code != ends_with:
            told = f"{printed.getvalue()}\n{complained.getvalue()}"
            raise AssertionError(f"care-sync {' '.join(arguments)} ended with {code}\n{told}")
        return printed.getvalue()

    def sync(self, what: str) -> dict[str, Any]:
        """The nightly pass."""
        report: dict[str, Any] = json.loads(self.care("sync", "--json"))
        counted = [f"{name.replace('_', ' ')} {number}" for name, number in report["counts"].items() if number]
        self.tell(f"• care-sync sync {what}: {', '.join(counted) or 'nothing new'}")
        return report

    def left_on_the_card(self) -> int:
        """Minutes, as the command line tells them."""
        (card,) = json.loads(self.care("cards", "list", "Acme", "--json"))
        return int(card["left_seconds"]) // 60

    # ---- what is seen in the products ----------------------------------------------------------------

    def see(self, what: str, found: object, expected: object) -> None:
        """A fact."""
        if found != expected:
            raise AssertionError(f"{what}: {found!r} instead of {expected!r}")
        self.tell(f"  ✓ {what}: {found}")

    def shows(self, ticket_id: str, *tags: str, minutes: int, card_minutes: int = 0) -> None:
        """What agents see on a ticket."""
        seen, values = self.desk.seen(ticket_id), self.desk.values(ticket_id)
        ours = {tag for tag in seen.tags if tag.startswith(("sla_", "route_"))}
        counted = values[request_tracker.FIELDS["care_minutes"].name]
        of_card = values[request_tracker.FIELDS["care_card_minutes"].name] or ["0"]
        self.see(f"ticket {ticket_id} is tagged", sorted(ours), sorted(tags))
        self.see(f"ticket {ticket_id} counts minutes", [int(one) for one in counted], [minutes])
        self.see(
            f"ticket {ticket_id} took minutes off the card", [int(one) for one in of_card or ["0"]], [card_minutes]
        )

    def said(self, ticket_id: str, kind: CommentKind) -> list[str]:
        """What CareSync said on a ticket."""
        return [one.body for one in self.desk.comments(ticket_id, by="caresync") if one.kind is kind]

    def writes(self) -> int:
        """How many transactions CareSync's user has made in the queue."""
        query = f"ObjectType = 'RT::Ticket' AND Creator = 'caresync' AND TicketQueue = '{self.desk.queue}'"
        told = self.desk.ask("GET", "/transactions", params={"query": query, "per_page": 1})
        return int(told["total"])


def play(office: Office) -> None:
    """Two nights and the day between them. Raises :class:`AssertionError` at the first fact that is not so."""
    tell, desk = office.tell, office.desk
    tell("The office opens: customers Acme (SLA) and Globex (none).")
    desk.edit_organization("Acme", sla=True, covered_services="website")
    desk.edit_organization("Globex", sla=False)
    office.configure()
    office.care("store", "migrate")

    tell("\nThe first day: three e-mails and a call come in, and people work.")
    form = desk.mail("Formulier stuk", "Het formulier op de site doet niets meer.", organization="Acme")
    mails = desk.mail("Mail komt niet aan", "Sinds gisteren.", organization="Globex")
    slow = desk.mail("Menu is traag", "Het menu opent pas na tien seconden.", organization="Acme")
    button = desk.file_ticket("Kleur van de knop", "Graag groen.", organization="Acme", **CHANGE)
    desk.edit(form, **INCIDENT, cause="care")
    desk.edit(mails, **INCIDENT, cause="customer")
    desk.edit(slow, **INCIDENT)
    repaired = office.work(form, 90, "Formulier hersteld", person="Bert")
    noted = desk.book(form, 10, words="Klant gebeld, nummer genoteerd.", activities=["administration"])
    office.work(button, 90, "Knop groen gemaakt", person="Anna")
    mistaken = office.work(button, 30, "Verkeerd ticket", person="Bert")
    desk.book(mails, 30, by="bert", words="DNS van de klant bekeken.")
    desk.book(slow, 45, words="Gemeten.")

    tell("\nThe first night.")
    lines = office.care("check", ends_with=1).splitlines()
    office.see("what care-sync check misses (no daemon runs here)", _missed(lines), ["webhook address"])
    first = office.sync("(the first)")
    office.see("failures", first["failures"], [])
    office.care("cards", "buy", "Acme", "--hours", str(CARD_HOURS), "--reference", "F-1")
    office.sync("(after a card was sold)")
    office.shows(form, "sla_included", "route_sla", minutes=100)
    office.shows(button, "sla_not_included", "route_hour_card", minutes=120, card_minutes=120)
    office.shows(mails, "sla_not_included", "route_invoice", minutes=30)
    office.shows(slow, "sla_undetermined", "route_pending", minutes=45)
    office.see("left on Acme's card", office.left_on_the_card(), CARD_HOURS * 60 - 120)
    office.see("notes on the undetermined ticket", len(office.said(slow, CommentKind.NOTE)), 1)
    office.see("replies to its customer", office.said(slow, CommentKind.REPLY), [])
    written = office.writes()
    office.see("what is new to a second pass", _news(office.sync("(again)")), {})
    office.see("changes that it wrote", office.writes() - written, 0)

    tell("\nThe next day: causes are found, time is put right, tickets move and merge.")
    desk.edit(slow, cause="third_party")
    office.tracker.edit(repaired, seconds=3600)
    office.tracker.delete(mistaken)
    desk.set_time_worked(form, 4)
    desk.tag(form, *NOT_OURS)
    desk.move(mails, "Acme")
    again = desk.mail("Nog eens de knop", "De rand ook, graag.", organization="Acme")
    desk.book(again, 20, words="Rand aangepast.")
    desk.merge(again, button)
    dropped = desk.mail("Reclame", "Koop nu.", organization="Globex")
    desk.delete(dropped)

    tell("\nThe second night.")
    office.see("failures", office.sync("(the next night)")["failures"], [])
    office.shows(form, "sla_included", "route_sla", minutes=64)
    office.see("the agent's own tag is still there", desk.seen(form).tags >= NOT_OURS, True)
    office.shows(slow, "sla_not_included", "route_hour_card", minutes=45, card_minutes=45)
    replies = office.said(slow, CommentKind.REPLY)
    office.see("replies that tell the customer at once (I4)", len(replies), 1)
    office.see("the reply was mailed to the customer", _was_mailed(office.mail, replies[0]), True)
    office.shows(button, "sla_not_included", "route_hour_card", minutes=110, card_minutes=110)
    office.shows(mails, "sla_not_included", "route_hour_card", minutes=30, card_minutes=30)
    office.see("left on Acme's card", office.left_on_the_card(), CARD_HOURS * 60 - 45 - 110 - 30)
    office.see("Time Worked that Request Tracker shows", desk.time_worked(form), 4)
    office.see("the booking that was shortened", _minutes(office, noted), 4)
    written = office.writes()
    office.see("what is new to a second pass", _news(office.sync("(again)")), {})
    office.see("changes that it wrote", office.writes() - written, 0)
    office.care("audit")
    tell("  ✓ care-sync audit: the ledger is whole, and both products agree with it")


def _news(report: dict[str, Any]) -> dict[str, int]:
    """What a pass counted."""
    return {name: number for name, number in report["counts"].items() if number}


def _missed(lines: list[str]) -> list[str]:
    """What the check of the site did not find right."""
    return [line.removeprefix("✗ ").partition(":")[0] for line in lines if line.startswith("✗")]


def _was_mailed(folder: Path, words: str) -> bool:
    """Whether a text left by mail; lines of a mail may be broken and encoded, so its first words are looked for."""
    mailed = "".join(file.read_text(errors="replace") for file in folder.glob("*.mbox"))
    return " ".join(words.split()[:3]) in " ".join(mailed.split())


def _minutes(office: Office, entry_id: str) -> int:
    """What CareSync keeps of a booking."""
    key = f"request_tracker:{office.desk.place.url.removeprefix('http://')}:{entry_id}"
    told = json.loads(office.care("ledger", "show", "--entry", key, "--json"))
    return int(told["entry"]["seconds"]) // 60


@contextmanager
def opened(
    desk: request_tracker.RealRequestTracker,
    tracker: redmine.RealRedmine,
    folder: Path,
    tell: Callable[[str], None],
) -> Iterator[Office]:
    """An office on running servers."""
    with RequestTrackerBed.on(desk) as bed:
        yield Office(bed, RedmineBed.on(tracker), desk.mail, folder, tell)


def main() -> int:
    """Start both servers in a folder that goes afterwards, and play."""
    told = [reason for reason in (request_tracker.absent(), redmine.absent()) if reason is not None]
    if told:
        sys.stderr.write("\n".join([*told, ""]))
        return 2
    began = datetime.now(ZONE)
    with tempfile.TemporaryDirectory(prefix="care-sync-") as name:
        folder = Path(name)
        print("Starting Request Tracker and Redmine …", flush=True)
        with (
            request_tracker.running(folder / "request_tracker") as desk,
            redmine.running(folder / "redmine") as tracker,
            opened(desk, tracker, folder, lambda line: print(line, flush=True)) as office,
        ):
            try:
                play(office)
            except AssertionError as error:
                sys.stderr.write(f"\n✗ {error}\n")
                return 1
    print(f"\nEverything is as it must be ({(datetime.now(ZONE) - began).seconds} seconds).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
