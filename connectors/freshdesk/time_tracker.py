"""Freshdesk's time entries as a time tracker: everybody's time, with the key of one agent who sees every ticket.

Terms
    fast lane   entries of the last days, all of them: Freshdesk neither lists nor filters by changes
    window      every entry of a range of days
    names       of agents and companies, read again with every reading; without permission to read agents, their numbers

Promises. The window is complete or an error is raised: where it takes more than a page, it is read again until two
readings agree, for an entry that goes while pages are turned makes another slip by. Deletions leave no trace; the
window finds them. An entry is gone when its ticket, or the ticket's list, no longer holds it, and the key sees every
ticket. What agents write down for a day longer ago than the fast lane looks back is found by the window as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from connectors.errors import BadSignature, ConnectorError, Malformed, NotFound, PermissionMissing, Unavailable
from connectors.freshdesk.client import PRODUCT, READ, FreshdeskClient, http_client
from connectors.freshdesk.settings import FreshdeskTimeSettings
from connectors.freshdesk.time_entries import entry_from_api, id_from_api, parts_of
from connectors.http import server_time
from connectors.protocols import BudgetState, Environment
from connectors.records import CheckResult, EntryPage, TimeEntry, WebhookCall
from connectors.self_check import check_reading
from connectors.unreadable import TIME_ENTRY, ReadRecords, id_of_row, read_records, row_key
from connectors.value_reader import Object

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
        self._http = http_client(settings, environment)
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
        begin = READ.cursor_instant(cursor) - LOOK_BACK if cursor else since
        self._client.require_global_access()
        names = self._names()
        served_at: datetime | None = None
        yielded: set[str] = set()
        for rows, answer in self._client.time_entries(begin - A_DAY):
            served_at = served_at or server_time(answer)
            read = self._translated(rows, names)
            entries = [entry for entry in read if entry.id not in yielded]
            yielded.update(entry.id for entry in entries)
            yield EntryPage(tuple(entries), cursor, last=False, unreadable=read.unreadable)
        yield EntryPage((), served_at.isoformat() if served_at else cursor, last=True)

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``, running ones with 0 seconds."""
        self._client.require_global_access()
        read = self._translated(self._window(first, last), self._names())
        entries = [entry for entry in read if first <= entry.work_date <= last]
        size = self._settings.page_size
        for start in range(0, max(len(entries), 1), size):
            is_last = start + size >= len(entries)
            page = tuple(entries[start : start + size])
            yield EntryPage(page, None, last=is_last, unreadable=read.unreadable if is_last else ())

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
                for row in rows:
                    if id_of_row(row) == parts[1]:
                        return self._entry(row, self._names())
        except NotFound:
            self._require_not_archived(parts[0])
        return None

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Refuse: Freshdesk's automation rules tell of tickets and go to the helpdesk's address."""
        problem = "sends calls about tickets alone"
        raise BadSignature(PRODUCT, problem, remedy="Let the webhook call the helpdesk's address, /webhooks/helpdesk.")

    def budget(self) -> BudgetState | None:
        """Requests left of the account's limit a minute, as the last answer told."""
        return self._http.budget()

    def check(self) -> Sequence[CheckResult]:
        """Try the key, what it sees, the time entries, and the names of agents."""
        try:
            self._client.me()
        except ConnectorError as error:
            return (CheckResult("API key", passed=False, remedy=str(error)),)
        return (
            CheckResult("API key", passed=True),
            check_reading("sees every ticket", self._client.require_global_access),
            check_reading("time entries can be read", lambda: next(self._client.time_entries(self._now() - A_DAY))),
            check_reading("names of agents can be read", lambda: next(self._client.agents())),
        )

    def _window(self, first: date, last: date) -> Sequence[Object]:
        """Every entry of a day more at both ends, for the filter's edges and zones are not told."""
        after = datetime.combine(first, time(), self._settings.zone).astimezone(UTC) - A_DAY
        before = datetime.combine(last, time(), self._settings.zone).astimezone(UTC) + 2 * A_DAY
        known: set[str] = set()
        for reading in range(READINGS):
            entries: dict[str, Object] = {}
            pages = 0
            for rows, _ in self._client.time_entries(after, before):
                entries |= {row_key(row): row for row in rows}
                pages += 1
            if pages == 1 or (reading > 0 and entries.keys() == known):
                return list(entries.values())
            known = set(entries)
        problem = "the time entries kept changing while they were read"
        raise Malformed(PRODUCT, problem, request="GET /api/v2/time_entries")

    def _require_not_archived(self, ticket_id: str) -> None:
        self._client.require_account()
        try:
            self._client.archived_ticket(ticket_id)
        except NotFound:
            return
        raise Unavailable(
            PRODUCT,
            f"ticket {ticket_id} is archived, and whether its time still stands is unknown",
            remedy="Look at the ticket in Freshdesk.",
        )

    def _translated(self, rows: Sequence[Object], names: _Names) -> ReadRecords[TimeEntry]:
        return read_records(TIME_ENTRY, rows, lambda row: self._entry(row, names), id_from_api)

    def _entry(self, row: Object, names: _Names) -> TimeEntry:
        agents, companies = names
        return entry_from_api(row, account=self.account, zone=self._settings.zone, agents=agents, companies=companies)

    def _names(self) -> _Names:
        companies = {
            READ.identity(company.get("id"), "company.id"): READ.text(company.get("name"), "company.name")
            for page in self._client.companies()
            for company in page
        }
        try:
            agents = {
                READ.identity(agent.get("id"), "agent.id"): READ.text(
                    READ.an_object(agent.get("contact"), "agent.contact").get("name"), "agent.contact.name"
                )
                for page in self._client.agents()
                for agent in page
            }
        except PermissionMissing:
            agents = {}
        return agents, companies


_Names = tuple[Mapping[str, str], Mapping[str, str]]
"""Of agents and of companies, by id."""
