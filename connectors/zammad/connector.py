"""Zammad as a :class:`connectors.protocols.Helpdesk`.

What is read how
    changed tickets   a search by condition, from the database, walked by :mod:`connectors.walking`; then each ticket
                      with everything that belongs to it, one request each, for lists tell neither tags nor texts
    named tickets     one request each
    organizations     the list; a ticket brings its own along
    merged tickets    the state tells, and a link to the ticket that took it over
    deleted tickets   leave no trace, and nothing is told of them
    writes            see :mod:`connectors.zammad.writing`
    what setup makes  see :mod:`connectors.zammad.preparation`

An agent sees the tickets of the groups that he has access to, and no word about others. So every reading begins by
asking which those are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connectors.custom_fields import FieldMap, mapped
from connectors.errors import ConnectorError, Invalid, Malformed, NotFound, PermissionMissing
from connectors.http import server_time
from connectors.protocols import Environment
from connectors.reading import Object, is_number
from connectors.records import ChangeResult, CheckResult, Organization, Ticket, TicketChange, TicketPage, WebhookCall
from connectors.walking import walk
from connectors.zammad import translate
from connectors.zammad.client import GIVE_ACCESS, PRODUCT, READ, ZammadClient, http_client
from connectors.zammad.preparation import ZammadPreparation
from connectors.zammad.settings import ZammadSettings
from connectors.zammad.webhooks import read_webhook
from connectors.zammad.writing import ZammadWriter

LARGEST_CLOCK_DIFFERENCE = timedelta(seconds=60)
LONGEST_MERGE = 10
"""How often a ticket is followed into the one that took it over."""
TICKET, ORGANIZATION = "Ticket", "Organization"


class ZammadHelpdesk:
    """One Zammad site."""

    def __init__(self, settings: ZammadSettings, environment: Environment) -> None:
        self._settings = settings
        self._now = environment.now
        http = http_client(settings.address, settings.api_token, environment)
        self._client = ZammadClient(http, settings.page_size, settings.ignored_groups)
        self.preparation = ZammadPreparation(self._client, settings.webhook_secret)
        self._fields: dict[str, FieldMap] | None = None
        self._states: dict[str, str] | None = None

    @property
    def product(self) -> str:
        """``zammad``."""
        return PRODUCT

    @property
    def account(self) -> str:
        """The site's address, or the name that the settings give it."""
        return self._settings.account_name

    def changed_tickets(self, cursor: str | None, since: datetime) -> Iterator[TicketPage]:
        """Yield what changed. A cursor that is none of ours raises :class:`Invalid`."""
        begin = since if cursor is None else _read_cursor(cursor)
        self._client.require_every_group()
        self._read_definitions_again()
        for stretch in walk(self._client.changed, begin, self._client.page_size, READ):
            ids = [READ.identity(row.get("id"), "ticket.id") for row in stretch.rows]
            yield self._page(ids, stretch.position.isoformat(), is_last=stretch.is_last)

    def tickets(self, ticket_ids: Sequence[str]) -> TicketPage:
        """Read these tickets, one request each. Ids that are no numbers do not exist."""
        wanted = list(dict.fromkeys(one for one in ticket_ids if is_number(one)))
        page = self._page(wanted, None, is_last=True)
        if len(page.tickets) < len(wanted):
            self._client.require_site()
        return page

    def organizations(self) -> Iterator[Sequence[Organization]]:
        """Yield every organization."""
        self._read_definitions_again()
        for page in self._client.organizations():
            yield [translate.organization_from_api(item, self._fields_of(ORGANIZATION)) for item in page]

    def apply(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        """Write one by one."""
        if changes:
            writer = ZammadWriter(self._client, self._fields_of(TICKET), self._state_types(), self._settings.address)
            yield from writer.write(changes)

    def applied_references(self, ticket_id: str, references: frozenset[str]) -> frozenset[str]:
        """Look through the ticket's articles for our marks, and through those of the ticket that took it over.

        A ticket that is gone has none.
        """
        if not is_number(ticket_id):
            return frozenset()
        found: set[str] = set()
        asked = ticket_id
        try:
            for _ in range(LONGEST_MERGE):
                for article in self._client.articles(asked):
                    found.update(one for one in references if translate.has_mark(article, one))
                if found == references:
                    break
                ticket = self._ticket(self._client.whole(asked))
                if ticket.merged_into is None:
                    break
                asked = ticket.merged_into
        except NotFound:
            self._client.require_site()
        return frozenset(found)

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        """Prove a call by its signature, and read the ticket that it points at."""
        return read_webhook(headers, body, self._settings.webhook_secret)

    def ticket_url(self, ticket_id: str) -> str:
        """The address where an agent opens the ticket."""
        return translate.ticket_url(self._settings.address, ticket_id)

    def check(self) -> Sequence[CheckResult]:
        """Try the token, the groups that it sees, the clock, the configured fields, and whether calls can be proven."""
        try:
            _, answer = self._client.me()
        except ConnectorError as error:
            return (CheckResult("access token", passed=False, remedy=str(error)),)
        yesterday = self._now() - timedelta(days=1)
        is_signed = self._settings.webhook_secret is not None
        return (
            CheckResult("access token", passed=True),
            self._check_groups(),
            _tried("tickets", lambda: self._client.changed(yesterday, 1)),
            _tried("states", self._state_types),
            _tried("organizations", lambda: next(self._client.organizations())),
            self._check_clock(server_time(answer)),
            *self._check_fields("ticket attribute", TICKET, "helpdesk.fields"),
            *self._check_fields("organization attribute", ORGANIZATION, "helpdesk.organization_fields"),
            CheckResult(
                "webhook secret",
                is_signed,
                "" if is_signed else "Set webhook_secret; until then changes are seen by polling alone.",
            ),
        )

    # ---- readings ----------------------------------------------------------------------------------

    def _page(self, ticket_ids: Sequence[str], cursor: str | None, *, is_last: bool) -> TicketPage:
        wholes = [whole for one in ticket_ids if (whole := self._whole(one)) is not None]
        fields = self._fields_of(ORGANIZATION) if wholes else None
        return TicketPage(
            tickets=tuple(self._ticket(whole) for whole in wholes),
            organizations=tuple(
                {one.id: one for whole in wholes for one in translate.organizations_of(whole, fields)}.values()
            )
            if fields is not None
            else (),
            people=tuple({one.id: one for whole in wholes for one in translate.people_of(whole)}.values()),
            cursor=cursor,
            last=is_last,
        )

    def _whole(self, ticket_id: str) -> Object | None:
        """A ticket, unless it is gone or out of bounds: a single one in a group that is ignored stops nobody."""
        try:
            return self._client.whole(ticket_id)
        except NotFound:
            return None
        except PermissionMissing:
            self._client.require_every_group()
            return None

    def _ticket(self, whole: Object) -> Ticket:
        if translate.state_of(whole) not in self._state_types():
            self._states = None  # an administrator made a state since
        return translate.ticket_from_whole(whole, self._fields_of(TICKET), self._state_types(), self._settings.address)

    # ---- definitions -------------------------------------------------------------------------------

    def _read_definitions_again(self) -> None:
        """A configured attribute that was not there may have been made since."""
        if self._fields is not None and any(one.missing for one in self._fields.values()):
            self._fields = None

    def _state_types(self) -> dict[str, str]:
        if self._states is None:
            self._states = {
                READ.identity(one.get("id"), "state.id"): READ.text(one.get("state_type"), "state.state_type")
                for one in self._client.states()
            }
        return self._states

    def _fields_of(self, kind: str) -> FieldMap:
        if self._fields is None:
            wanted = {TICKET: self._settings.fields, ORGANIZATION: self._settings.organization_fields}
            definitions = self._client.attributes() if any(wanted.values()) else ()
            self._fields = {
                one: mapped(
                    names,
                    [
                        field
                        for item in definitions
                        if item.get("object") == one and (field := translate.field_from_api(item)) is not None
                    ],
                )
                for one, names in wanted.items()
            }
        return self._fields[kind]

    def _check_groups(self) -> CheckResult:
        try:
            closed = self._client.closed_groups()
        except ConnectorError as error:
            return CheckResult("sees every group", passed=False, remedy=str(error))
        told = f"It may not read and change the tickets of {', '.join(closed)}. {GIVE_ACCESS}"
        return CheckResult("sees every group", not closed, told if closed else "")

    def _check_clock(self, theirs: datetime | None) -> CheckResult:
        difference = abs(self._now() - theirs) if theirs else timedelta()
        passed = difference <= LARGEST_CLOCK_DIFFERENCE
        told = f"This machine's clock differs by {int(difference.total_seconds())} seconds; set it by NTP."
        return CheckResult("clock", passed, "" if passed else told)

    def _check_fields(self, kind: str, name_of_object: str, where: str) -> Iterator[CheckResult]:
        try:
            fields = self._fields_of(name_of_object)
        except ConnectorError as error:
            yield CheckResult(f"{kind}s", passed=False, remedy=str(error))
            return
        for name in fields.by_name:
            yield CheckResult(f"{kind} {name}", passed=True)
        for name, wanted in fields.missing.items():
            remedy = f'There is no {kind} "{wanted}" in use: make it in Zammad or mend {where}.{name}.'
            yield CheckResult(f"{kind} {name}", passed=False, remedy=remedy)


def _tried(subject: str, read: Callable[[], object]) -> CheckResult:
    try:
        read()
    except ConnectorError as error:
        return CheckResult(f"{subject} can be read", passed=False, remedy=str(error))
    return CheckResult(f"{subject} can be read", passed=True)


def _read_cursor(text: str) -> datetime:
    try:
        return READ.instant(text, "the cursor")
    except Malformed as error:
        raise Invalid(PRODUCT, "the stored cursor is not one of ours") from error
