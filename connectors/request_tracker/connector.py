"""Request Tracker 5 as a :class:`connectors.protocols.Helpdesk`, through REST 2.

What is read how
    changed tickets   lists by the time of change, behind the last one that came, a page at a time; then, for all of the
                      reading, the transactions that tell of deleted and merged tickets, which no list shows as changed
    named tickets     a hundred a request; those that are in no list (deleted ones) one by one
    what was written  a ticket's first transaction and its text, both for a page of tickets at once
    customers         assets in a catalog: :mod:`connectors.request_tracker.customers`
    writes            :mod:`connectors.request_tracker.writing`

Terms
    scope     which queues count, and how customers are named; when it changes, what was read before is read again
    overlap   a reading begins that much before the last change that the one before it told: Request Tracker stamps
              a change when it begins and shows it when it is stored, a scrip later

Promises. Whatever changed is yielded, with times of Request Tracker's own clock. Where the token's user reads times in
another zone than UTC, or does not see a queue that is configured or the customers, reading is refused: Request Tracker
would give fewer tickets and say nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from connectors.addresses import site_name
from connectors.errors import NotFound, PermissionMissing
from connectors.protocols import Environment
from connectors.records import ChangeResult, CheckResult, Organization, TicketChange, TicketPage, WebhookCall
from connectors.request_tracker import translate
from connectors.request_tracker.administration import Administration
from connectors.request_tracker.checks import check_helpdesk
from connectors.request_tracker.client import ROWS, Position, body_of, connect
from connectors.request_tracker.customers import (
    Customers,
    organization_from_api,
    read_assets,
    read_customers,
    requestors,
)
from connectors.request_tracker.preparation import RequestTrackerPreparation
from connectors.request_tracker.settings import RequestTrackerSettings
from connectors.request_tracker.value_reader import PRODUCT, READ
from connectors.request_tracker.visibility import queue_ids, require_utc
from connectors.request_tracker.webhooks import read_call
from connectors.request_tracker.writing import Writer, marks_in
from connectors.unreadable import ORGANIZATION, PERSON, TICKET, id_of_row, read_records
from connectors.value_reader import Object, is_number

OVERLAP = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class _Cursor:
    """``position`` of the changes, since when tickets that went are to be looked for, and a hash of the ``scope``."""

    position: Position
    gone_since: datetime
    scope: str = ""

    @classmethod
    def read(cls, written: str) -> _Cursor:
        try:
            at, ticket_id, gone_since, scope = written.split("/")
            position = Position(READ.cursor_instant(at), int(ticket_id))
            return cls(position, READ.cursor_instant(gone_since), scope)
        except ValueError:
            raise READ.not_our_cursor() from None

    def __str__(self) -> str:
        at, gone_since = (at.astimezone(UTC).isoformat() for at in (self.position.at, self.gone_since))
        return f"{at}/{self.position.ticket_id}/{gone_since}/{self.scope}"


class RequestTrackerHelpdesk:
    """One site's tickets."""

    def __init__(self, settings: RequestTrackerSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        self._client = connect(settings, environment)
        self._writer = Writer(self._client, settings.fields, settings.tags_field)
        self.preparation = RequestTrackerPreparation(Administration(self._client), settings)
        self._queues: list[str] = []
        self._customers: Customers | None = None

    @property
    def product(self) -> str:
        """``request_tracker``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The site's address without its scheme."""
        return site_name(self._settings.base_url)

    def changed_tickets(self, cursor: str | None, since: datetime) -> Iterator[TicketPage]:
        """Yield the tickets that changed, then those that were deleted or merged meanwhile.

        When a queue or a customer came or is named differently, everything since ``since`` comes again: no ticket
        changed by it.
        Raises :class:`Invalid` for a cursor that is none of ours.
        """
        start = _Cursor.read(cursor) if cursor else _Cursor(Position(since), since)
        require_utc(self._client.me())
        queues = self._queues = queue_ids(self._client, self._settings.queues)
        customers = self._customers = read_customers(self._client, self._settings)
        scope = self._scope(queues, customers)
        position = start.position
        if cursor and start.scope != scope:
            position = Position(min(since, position.at))
        elif position.ticket_id == 0:
            position = Position(position.at - OVERLAP)
        while True:
            rows = self._client.tickets_from(position, queues)
            page = self._page(rows.items)
            position = position.behind(rows)
            if not rows.is_last:
                yield replace(page, cursor=str(_Cursor(position, start.gone_since, scope)), last=False)
                continue
            gone = self.tickets(self._client.gone_since(start.gone_since - OVERLAP, queues))
            end = max(position.at, start.position.at)
            yield TicketPage(
                tickets=tuple({item.id: item for item in (*page.tickets, *gone.tickets)}.values()),
                organizations=tuple({item.id: item for item in (*page.organizations, *gone.organizations)}.values()),
                people=tuple({item.id: item for item in (*page.people, *gone.people)}.values()),
                cursor=str(_Cursor(Position(end), end, scope)),
                last=True,
                unreadable=(*page.unreadable, *gone.unreadable),
            )
            return

    def tickets(self, ticket_ids: Sequence[str]) -> TicketPage:
        """Read these tickets, a hundred a request, and those that are in no list one by one.

        Ids that are no numbers do not exist; nor do, for us, tickets that we may not see and those of other queues.
        """
        wanted = list(dict.fromkeys(str(int(ticket_id)) for ticket_id in ticket_ids if is_number(ticket_id)))
        if not wanted:
            return TicketPage((), (), (), cursor=None, last=True)
        queues = self._queues = self._queues or queue_ids(self._client, self._settings.queues)
        items: list[Object] = []
        for start in range(0, len(wanted), ROWS):
            some = wanted[start : start + ROWS]
            listed = self._client.tickets(some, queues)
            there = {id_of_row(item) for item in listed}
            items += [*listed, *self._unlisted([ticket_id for ticket_id in some if ticket_id not in there], queues)]
        return self._page(items)

    def organizations(self) -> Iterator[Sequence[Organization]]:
        """Yield every customer, a hundred a page."""
        for assets in read_assets(self._client, self._settings):
            yield read_records(ORGANIZATION, assets, lambda asset: organization_from_api(asset, self._settings))

    def apply(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        """Write one after the other: a look, a write of what is not as it should be, a second look, the comment."""
        yield from self._writer.write(changes)

    def applied_references(self, ticket_id: str, references: frozenset[str]) -> frozenset[str]:
        """Look through our own comments on the ticket for our marks; a ticket that is gone has none.

        A change without a comment leaves no mark, and does no harm when it is written again. A write ends with its
        request or seconds later, long before anybody looks. Raises :class:`PermissionMissing` where we may not look.
        """
        if not is_number(ticket_id) or not references:
            return frozenset()
        comments = [READ.identity(row.get("id"), "transaction.id") for row in self._client.our_comments(ticket_id)]
        parts = [part for texts in self._client.texts(comments).values() for part in texts]
        applied = frozenset[str]().union(
            *(marks_in(READ.text(part.get("Content"), "Content"), references) for part in parts)
        )
        if applied != references:
            try:
                self._client.ticket(ticket_id)
            except NotFound:
                return frozenset()
        return applied

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a call of our scrip by its signature and age, and read the ticket that it points at."""
        call = read_call(headers, body, now, self._settings.webhook_secrets)
        return WebhookCall(call.delivery_id, ticket_ids=call.ticket_ids)

    def ticket_url(self, ticket_id: str) -> str:
        """The address where an agent opens the ticket."""
        return translate.ticket_url(self._settings.address, ticket_id)

    def check(self) -> Sequence[CheckResult]:
        """Try the token, the time zone, the clock, what is seen, the configured fields, and the secret of webhooks."""
        return tuple(check_helpdesk(self._client, self._settings, self._now()))

    # ---- tickets as we read them -------------------------------------------------------------------

    def _unlisted(self, ticket_ids: Sequence[str], queues: Sequence[str]) -> Iterator[Object]:
        """Deleted tickets, with the particulars of their people."""
        items: list[Object] = []
        for ticket_id in ticket_ids:
            try:
                item = body_of(self._client.ticket(ticket_id))
            except (NotFound, PermissionMissing):
                continue
            # One that was merged, or restored, after the list was made comes another time.
            is_itself = READ.identity(item.get("id"), "ticket.id") == ticket_id and translate.is_deleted(item)
            if is_itself and READ.identity(item.get("Queue"), "ticket.Queue") in queues:
                items.append(item)
        names = set[str]().union(*(translate.people_names(item) for item in items))
        users = {READ.text(user.get("Name"), "user.Name"): user for user in self._client.users(sorted(names))}
        for item in items:
            yield translate.with_people(item, users)

    def _scope(self, queues: Sequence[str], customers: Customers) -> str:
        """A hash of which tickets count and who is whose: when it differs, tickets read before may read otherwise."""
        scope = (sorted(queues), sorted(customers.keys.items()), self._settings.customers.model_dump())
        return hashlib.sha256(json.dumps(scope).encode()).hexdigest()[:16]

    def _page(self, items: Sequence[Object]) -> TicketPage:
        """Translate tickets, with their customers and requestors beside."""
        if not items:
            return TicketPage((), (), (), cursor=None, last=True)
        customers = self._customers = self._customers or read_customers(self._client, self._settings)
        numbered = [number for item in items if (number := id_of_row(item)) is not None and is_number(number)]
        creations = self._creations(numbered)
        tickets = read_records(
            TICKET,
            items,
            lambda item: translate.ticket_from_api(
                item, self._settings, customers, creations.get(id_of_row(item) or "", translate.Creation())
            ),
        )
        people = read_records(
            PERSON,
            [person for item in items for persons in read_records(TICKET, [item], requestors) for person in persons],
            lambda person: translate.person_from_api(person, customers),
        )
        named = {*(ticket.organization_id for ticket in tickets), *(person.organization_id for person in people)}
        return TicketPage(
            tickets=tuple(tickets),
            organizations=tuple(item for key, item in customers.organizations.items() if key in named),
            people=tuple({person.id: person for person in people}.values()),
            cursor=None,
            last=True,
            unreadable=(*tickets.unreadable, *people.unreadable),
        )

    def _creations(self, ticket_ids: Sequence[str]) -> dict[str, translate.Creation]:
        """How these tickets came in, and what was written, by their ids."""
        creations: dict[str, translate.Creation] = {}
        for start in range(0, len(ticket_ids), ROWS):
            made = self._client.creations(ticket_ids[start : start + ROWS])
            texts = self._client.texts([READ.identity(row.get("id"), "transaction.id") for row in made])
            for row in made:
                parts = texts.get(READ.identity(row.get("id"), "transaction.id"), [])
                creations[READ.identity(row.get("ObjectId"), "ObjectId")] = translate.creation_from_api(parts)
        return creations
