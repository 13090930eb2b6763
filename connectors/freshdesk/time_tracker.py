"""Freshdesk's time entries as a time tracker: everybody's time, with the key of one agent who sees every ticket.

Terms
    fast lane   entries of the last days, all of them: Freshdesk neither lists nor filters by changes
    window      every entry of a range of days
    names       of agents and companies, read anew with every reading; without permission to read agents, their numbers

Promises. The window is complete or an error is raised: where it takes more than a page, it is read again until two
readings agree, for an entry that goes while pages are turned makes another slip by. Deletions leave no trace; the
window finds them. An entry is gone when its ticket, or the ticket's list, no longer holds it, and the key sees every
ticket. What agents write down for a day longer ago than the fast lane looks back is found by the window as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from connectors.errors import (
    BadSignature,
    ConnectorError,
    Invalid,
    Malformed,
    NotFound,
    PermissionMissing,
    Unavailable,
)
from connectors.freshdesk.client import PRODUCT, READ, FreshdeskClient, http_client
from connectors.freshdesk.settings import FreshdeskTimeSettings
from connectors.freshdesk.time_entries import entry_from_api, parts_of
from connectors.http import server_time
from connectors.protocols import BudgetState, Environment
from connectors.reading import Object
from connectors.records import CheckResult, EntryPage, TimeEntry, WebhookCall

LOOK_BACK = timedelta(days=3)
"""Most time is written down, and put right, within days."""
A_DAY = timedelta(days=1)
READINGS = 5
"""How often a window is read that does not stand still."""


class FreshdeskTimeTracker:
    """Keeps :class:`connectors.protocols.TimeTracker` for the time entries of a Freshdesk account."""

    def __init__(self, settings: FreshdeskTimeSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        self._http = http_client(
            settings.address, settings.domain, settings.api_key, settings.reserved_requests, environment
        )
        self._client = FreshdeskClient(self._http, settings.page_size)

    @property
    def product(self) -> str:
        """``freshdesk``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The domain."""
        return self._settings.account_name

    def changed_entries(self, cursor: str | None, since: datetime) -> Iterator[EntryPage]:
        """Yield every entry of the days before the last reading; the first time those since ``since``.

        Raises :class:`Invalid` for a cursor that is none of ours.
        """
        begin = _read_cursor(cursor) - LOOK_BACK if cursor else since
        self._client.require_global_access()
        names = self._names()
        served_at: datetime | None = None
        told: set[str] = set()
        for rows, answer in self._client.time_entries(begin - A_DAY):
            served_at = served_at or server_time(answer)
            entries = [one for one in self._translated(rows, names) if one.id not in told]
            told.update(one.id for one in entries)
            yield EntryPage(tuple(entries), cursor, last=False)
        yield EntryPage((), served_at.isoformat() if served_at else cursor, last=True)

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``, running ones with 0 seconds."""
        self._client.require_global_access()
        entries = [
            one for one in self._translated(self._window(first, last), self._names()) if first <= one.work_date <= last
        ]
        size = self._settings.page_size
        for start in range(0, max(len(entries), 1), size):
            yield EntryPage(tuple(entries[start : start + size]), None, last=start + size >= len(entries))

    def entry(self, entry_id: str) -> TimeEntry | None:
        """Read one entry; ``None`` when its ticket no longer holds it and the key sees every ticket.

        Raises :class:`Unavailable` for a ticket that was archived since: its time is out of everybody's sight.
        """
        parts = parts_of(entry_id)
        if parts is None:
            return None
        self._client.require_global_access()
        try:
            for rows in self._client.time_entries_of(parts[0]):
                found = [row for row in rows if READ.identity(row.get("id"), "time_entry.id") == parts[1]]
                if found:
                    return self._translated(found, self._names())[0]
        except NotFound:
            self._require_not_archived(parts[0])
        return None

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Refuse: Freshdesk's automation rules tell of tickets and go to the helpdesk's address."""
        told = "tells of tickets alone"
        raise BadSignature(PRODUCT, told, remedy="Let the webhook call the helpdesk's address, /webhooks/helpdesk.")

    def budget(self) -> BudgetState | None:
        """Requests left of the account's limit a minute, as the last answer told."""
        return self._http.budget()

    def check(self) -> Sequence[CheckResult]:
        """Try the key, what it sees, the time entries, and the names of agents."""
        try:
            self._client.me()
        except ConnectorError as error:
            return (CheckResult("API key", passed=False, remedy=str(error)),)
        results = [CheckResult("API key", passed=True)]
        for subject, read in (
            ("sees every ticket", self._client.require_global_access),
            ("time entries can be read", lambda: next(self._client.time_entries(self._now() - A_DAY))),
            ("names of agents can be read", lambda: next(self._client.agents())),
        ):
            try:
                read()
                results.append(CheckResult(subject, passed=True))
            except ConnectorError as error:
                results.append(CheckResult(subject, passed=False, remedy=str(error)))
        return tuple(results)

    def _window(self, first: date, last: date) -> Sequence[Object]:
        """Every entry of a day more at both ends, for the filter's edges and zones are not told."""
        after = datetime.combine(first, time(), self._settings.zone).astimezone(UTC) - A_DAY
        before = datetime.combine(last, time(), self._settings.zone).astimezone(UTC) + 2 * A_DAY
        known: set[str] = set()
        for reading in range(READINGS):
            found: dict[str, Object] = {}
            pages = 0
            for rows, _ in self._client.time_entries(after, before):
                found |= {READ.identity(row.get("id"), "time_entry.id"): row for row in rows}
                pages += 1
            if pages == 1 or (reading > 0 and found.keys() == known):
                return list(found.values())
            known = set(found)
        told = "the time entries kept changing while they were read"
        raise Malformed(PRODUCT, told, request="GET /api/v2/time_entries")

    def _require_not_archived(self, ticket_id: str) -> None:
        self._client.require_account()
        try:
            self._client.archived_ticket(ticket_id)
        except NotFound:
            return
        raise Unavailable(
            PRODUCT,
            f"ticket {ticket_id} is archived, and whether its time still stands cannot be told",
            remedy="Look at the ticket in Freshdesk.",
        )

    def _translated(self, rows: Sequence[Object], names: _Names) -> list[TimeEntry]:
        agents, companies = names
        return [
            entry_from_api(row, account=self.account, zone=self._settings.zone, agents=agents, companies=companies)
            for row in rows
        ]

    def _names(self) -> _Names:
        companies = {
            READ.identity(one.get("id"), "company.id"): READ.text(one.get("name"), "company.name")
            for page in self._client.companies()
            for one in page
        }
        try:
            agents = {
                READ.identity(one.get("id"), "agent.id"): READ.text(
                    READ.an_object(one.get("contact"), "agent.contact").get("name"), "agent.contact.name"
                )
                for page in self._client.agents()
                for one in page
            }
        except PermissionMissing:
            agents = {}
        return agents, companies


_Names = tuple[Mapping[str, str], Mapping[str, str]]
"""Of agents and of companies, by id."""


def _read_cursor(text: str) -> datetime:
    try:
        return READ.instant(text, "the cursor")
    except Malformed as error:
        raise Invalid(PRODUCT, "the stored cursor is not one of ours") from error
