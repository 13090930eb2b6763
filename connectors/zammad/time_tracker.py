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

from connectors.errors import BadSignature, ConnectorError, Invalid, Malformed, NotFound, PermissionMissing
from connectors.http import server_time
from connectors.protocols import BudgetState, Environment
from connectors.reading import Object
from connectors.records import CheckResult, EntryPage, TimeEntry, WebhookCall
from connectors.walking import walk
from connectors.zammad.client import GIVE_ACCESS, PRODUCT, READ, ZammadClient, http_client
from connectors.zammad.settings import ZammadTimeSettings
from connectors.zammad.time_entries import entry_from_api, has_time, parts_of
from connectors.zammad.translate import full_name

LARGEST_CLOCK_DIFFERENCE = timedelta(seconds=60)
A_DAY = timedelta(days=1)
TRIED_SINCE = timedelta(days=30)


class ZammadTimeTracker:
    """Keeps :class:`connectors.protocols.TimeTracker` for the time accounting of a Zammad site."""

    def __init__(self, settings: ZammadTimeSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        http = http_client(settings.address, settings.api_token, environment)
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
        begin = since if cursor is None else _read_cursor(cursor)
        for tickets, position, is_last in self._changed(begin):
            entries = tuple(entry for ticket in tickets for entry in self._entries(ticket))
            yield EntryPage(entries, position.isoformat(), last=is_last)

    def entries_between(self, first: date, last: date) -> Iterator[EntryPage]:
        """Yield every entry with ``first <= work_date <= last``, ticket by ticket."""
        begin = datetime.combine(first, time(), self._settings.zone).astimezone(UTC) - A_DAY
        told: set[str] = set()
        for tickets, _, is_last in self._changed(begin):
            found = [
                entry
                for ticket in tickets
                for entry in self._entries(ticket)
                if first <= entry.work_date <= last and entry.id not in told
            ]
            told.update(entry.id for entry in found)
            yield EntryPage(tuple(found), None, last=is_last)

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
        return next((one for one in self._entries(ticket) if one.id == entry_id), None)

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Refuse: Zammad's webhooks tell of tickets and go to the helpdesk's address."""
        told = "tells of time with its tickets alone"
        raise BadSignature(PRODUCT, told, remedy="Let the webhook call the helpdesk's address, /webhooks/helpdesk.")

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
            told = f"It may not read and change the tickets of {', '.join(closed)}. {GIVE_ACCESS}"
            results.append(CheckResult("sees every group", not closed, told if closed else ""))
            tickets, _ = self._client.changed(self._now() - TRIED_SINCE, 1)
            for ticket in [one for one in tickets if has_time(one)][:1]:
                self._entries(ticket)
            results.append(CheckResult("time can be read", passed=True))
        except ConnectorError as error:
            results.append(CheckResult("time can be read", passed=False, remedy=str(error)))
        theirs = server_time(answer)
        difference = abs(self._now() - theirs) if theirs else timedelta()
        agrees = difference <= LARGEST_CLOCK_DIFFERENCE
        told = f"This machine's clock differs by {int(difference.total_seconds())} seconds; set it by NTP."
        return (*results, CheckResult("clock", agrees, "" if agrees else told))

    def _changed(self, since: datetime) -> Iterator[tuple[list[Object], datetime, bool]]:
        """Yield the tickets that changed and may have time, how far that leads, and whether it was the last page."""
        self._client.require_every_group()
        for stretch in walk(self._client.changed, since, self._client.page_size, READ):
            yield [row for row in stretch.rows if has_time(row)], stretch.position, stretch.is_last

    def _entries(self, ticket: Object) -> list[TimeEntry]:
        """All time of a ticket; none of one that was deleted meanwhile."""
        ticket_id = READ.identity(ticket.get("id"), "ticket.id")
        try:
            items = self._client.times(ticket_id)
        except NotFound:
            self._client.require_site()
            return []
        return [
            entry_from_api(
                item,
                ticket,
                account=self.account,
                zone=self._settings.zone,
                unit_minutes=self._settings.unit_minutes,
                person_name=self._name_of(item),
            )
            for item in items
        ]

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


def _read_cursor(text: str) -> datetime:
    try:
        return READ.instant(text, "the cursor")
    except Malformed as error:
        raise Invalid(PRODUCT, "the stored cursor is not one of ours") from error
