"""Zammad's time accounting as a time tracker: everybody's time, with the token of one agent who sees every group.

Terms
    fast lane   the time of tickets that changed since: accounting time moves a ticket's ``updated_at``, and so does
                putting it right
    window      the time of every ticket that changed on the window's first day or later, by the day it was entered

Promises. A ticket whose time was entered on a day was changed on that day or later, so the window is complete, or an
error is raised. Deletions leave no trace; the window finds them. An entry is gone when Zammad has no such ticket, or
the ticket no longer holds it; a ticket that the token may not see is refused (403), and so is not gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from connectors.errors import BadSignature, ConnectorError, Malformed, NotFound, PermissionMissing
from connectors.http import server_time
from connectors.paged_changes import read_changes
from connectors.protocols import BudgetState, Environment
from connectors.records import CheckResult, EntryPage, EntryState, TimeEntry, UnreadableRecord, WebhookCall
from connectors.self_check import check_clock, check_that
from connectors.unreadable import TIME_ENTRY, ReadRecords, id_of_row
from connectors.value_reader import Object
from connectors.zammad.client import GIVE_ACCESS, PRODUCT, READ, ZammadClient, http_client
from connectors.zammad.settings import ZammadTimeSettings
from connectors.zammad.time_entries import entries_of, has_time, parts_of
from connectors.zammad.translate import full_name

A_DAY = timedelta(days=1)
TRIED_SINCE = timedelta(days=30)


class ZammadTimeTracker:
    """Keeps :class:`connectors.protocols.TimeTracker` for the time accounting of a Zammad site."""

    def __init__(self, settings: ZammadTimeSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        http = http_client(settings, environment)
        self._client = ZammadClient(http, settings.page_size, settings.ignored_groups)
        self._names: dict[str, str | None] = {}

    @property
    def product(self) -> str:
        """``zammad``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The site's address, or the name that the settings give it."""
        return self._settings.account_name

    def changed_entries(self, cursor: str | None, since: datetime) -> Iterator[EntryPage]:
        """Yield the time of tickets that changed. A cursor that is none of ours raises :class:`Invalid`."""
        begin = since if cursor is None else READ.cursor_instant(cursor)
        for tickets, position, is_last in self._changed(begin):
            read = self._entries_of(tickets)
            yield EntryPage(tuple(read), position.isoformat(), last=is_last, unreadable=read.unreadable)

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``, ticket by ticket."""
        begin = datetime.combine(first, time(), self._settings.zone).astimezone(UTC) - A_DAY
        yielded: set[str] = set()
        for tickets, _, is_last in self._changed(begin):
            read = self._entries_of(tickets)
            entries = [
                entry
                for entry in read
                if first <= entry.work_date <= last
                and entry.state is not EntryState.DELETED
                and entry.id not in yielded
            ]
            yielded.update(entry.id for entry in entries)
            yield EntryPage(tuple(entries), None, last=is_last, unreadable=read.unreadable)

    def entry(self, entry_id: str) -> TimeEntry | None:
        """Read one entry; ``None`` when its ticket is gone or no longer holds it."""
        parts = parts_of(entry_id)
        if parts is None:
            return None
        try:
            ticket = self._client.ticket(parts[0])
        except NotFound:
            self._client.require_site()
            return None
        read = self._entries(ticket)
        for record in read.unreadable:
            if record.covers(entry_id):
                raise Malformed(PRODUCT, record.reason)
        living = (entry for entry in read if entry.state is not EntryState.DELETED)
        return next((entry for entry in living if entry.id == entry_id), None)

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Refuse: Zammad's webhooks tell of tickets and go to the helpdesk's address."""
        problem = "tells of time with its tickets alone"
        raise BadSignature(PRODUCT, problem, remedy="Let the webhook call the helpdesk's address, /webhooks/helpdesk.")

    def budget(self) -> BudgetState | None:
        """``None``: a Zammad site has no quota."""
        return None

    def check(self) -> Sequence[CheckResult]:
        """Try the token, the groups that it sees, the time on tickets, and the clock."""
        try:
            _, answer = self._client.me()
        except ConnectorError as error:
            return (CheckResult("access token", passed=False, remedy=str(error)),)
        results = [CheckResult("access token", passed=True)]
        try:
            closed = self._client.closed_groups()
            remedy = f"It may not read and change the tickets of {', '.join(closed)}. {GIVE_ACCESS}"
            results.append(check_that("sees every group", not closed, remedy))
            tickets, _ = self._client.changed(self._now() - TRIED_SINCE, 1)
            for ticket in [ticket for ticket in tickets if has_time(ticket)][:1]:
                self._entries(ticket)
            results.append(CheckResult("time can be read", passed=True))
        except ConnectorError as error:
            results.append(CheckResult("time can be read", passed=False, remedy=str(error)))
        return (*results, check_clock(self._now(), server_time(answer)))

    def _changed(self, since: datetime) -> Iterator[tuple[list[Object], datetime, bool]]:
        """Yield the tickets that changed and may have time, how far that leads, and whether it was the last page."""
        self._client.require_every_group()
        for page in read_changes(self._client.changed, since, self._client.page_size, READ):
            yield [row for row in page.rows if has_time(row)], page.position, page.is_last

    def _entries_of(self, tickets: Sequence[Object]) -> ReadRecords[TimeEntry]:
        entries: list[TimeEntry] = []
        unreadable: list[UnreadableRecord] = []
        for ticket in tickets:
            try:
                read = self._entries(ticket)
            except Malformed as error:
                if error.request:
                    raise
                unreadable.append(UnreadableRecord(TIME_ENTRY, id_of_row(ticket), error.message))
            else:
                entries += read
                unreadable += read.unreadable
        return ReadRecords(entries, unreadable)

    def _entries(self, ticket: Object) -> ReadRecords[TimeEntry]:
        """All time of a ticket; none of one that was deleted meanwhile."""
        ticket_id = READ.identity(ticket.get("id"), "ticket.id")
        try:
            items = self._client.times(ticket_id)
        except NotFound:
            self._client.require_site()
            return ReadRecords()
        return entries_of(
            items,
            ticket,
            account=self.account,
            zone=self._settings.zone,
            unit_minutes=self._settings.unit_minutes,
            name_of=self._name_of,
        )

    def _name_of(self, item: Object) -> str | None:
        """Who accounted the time; asked once, and the login where names are out of sight."""
        user_id = READ.identity_or_none(item.get("created_by_id"), "time_accounting.created_by_id")
        if user_id is None:
            return None
        if user_id not in self._names:
            try:
                self._names[user_id] = full_name(self._client.user(user_id))
            except (NotFound, PermissionMissing):
                self._names[user_id] = READ.text(item.get("created_by"), "time_accounting.created_by") or None
        return self._names[user_id]
