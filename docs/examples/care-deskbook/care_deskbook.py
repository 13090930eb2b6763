"""A helpdesk that keeps its tickets in a SQLite file, as a connector in a package of its own.

Small on purpose: one transaction writes a ticket's tags, fields, comment and our reference together, so that no write
is ever uncertain. A product behind HTTP cannot do that; ``docs/writing-a-connector.md`` says what changes then.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from connectors.errors import BadSignature, ConnectorError, Invalid, Malformed, Unavailable
from connectors.helpdesk_settings import HelpdeskSettings
from connectors.products import Product
from connectors.protocols import Environment
from connectors.records import (
    ChangeOutcome,
    ChangeResult,
    CheckResult,
    Organization,
    Person,
    Ticket,
    TicketChange,
    TicketPage,
    TicketStatus,
    WebhookCall,
)

TICKETS = "SELECT * FROM ticket WHERE {} ORDER BY changed, id"
ORGANIZATIONS = "SELECT * FROM organization"
FIELDS = "SELECT name, choices FROM field"


class DeskbookSettings(HelpdeskSettings):
    """``site``: where agents see tickets. ``fields`` and ``organization_fields`` name those of the file."""

    path: Path
    site: str


class DeskbookHelpdesk:
    """Reads and writes the file, each time in one transaction."""

    product = "deskbook"

    def __init__(self, settings: DeskbookSettings, environment: Environment) -> None:
        self.account = settings.path.stem
        self._settings = settings

    # ---- reading -----------------------------------------------------------------------------------

    def changed_tickets(self, cursor: str | None, since: datetime) -> Iterator[TicketPage]:
        """The cursor is the newest change that was told; asked for again, so that none of its second is missed."""
        if cursor is not None and not cursor.isdecimal():
            raise Invalid("deskbook", "the stored cursor is not one of ours")
        start = int(cursor) if cursor is not None else int(since.timestamp())
        with self._file() as file:
            page = self._page(file, "changed >= ?", start)
            newest = file.execute("SELECT max(changed) AS newest FROM ticket").fetchone()["newest"]
        yield TicketPage(*page, cursor=str(max(start, newest or 0)), last=True)

    def tickets(self, ticket_ids: Sequence[str]) -> TicketPage:
        if not ticket_ids:
            return TicketPage((), (), (), None, last=True)
        with self._file() as file:
            marks = ", ".join("?" for _ in ticket_ids)
            return TicketPage(*self._page(file, f"id IN ({marks})", *ticket_ids), cursor=None, last=True)

    def organizations(self) -> Iterator[Sequence[Organization]]:
        with self._file() as file:
            listed = [self._organization(row) for row in file.execute(ORGANIZATIONS)]
        yield listed

    # ---- writing -----------------------------------------------------------------------------------

    def apply(self, changes: Sequence[TicketChange]) -> Iterator[ChangeResult]:
        for change in changes:
            try:
                with self._file() as file:
                    outcome, message = self._write(file, change)
            except ConnectorError as error:
                outcome, message = ChangeOutcome.FAILED, str(error)
            yield ChangeResult(change.ticket_id, change.reference, outcome, message)

    def applied_references(self, ticket_id: str, references: frozenset[str]) -> frozenset[str]:
        with self._file() as file:
            rows = file.execute("SELECT reference FROM comment WHERE ticket = ?", (ticket_id,))
            return references & {row["reference"] for row in rows}

    def _write(self, file: sqlite3.Connection, change: TicketChange) -> tuple[ChangeOutcome, str]:
        """Tags and fields as they stand this moment, with ours changed; the comment carries the reference."""
        row = file.execute(TICKETS.format("id = ?"), (change.ticket_id,)).fetchone()
        if row is None or not TicketStatus(row["status"]).is_writable:
            return ChangeOutcome.REFUSED_CLOSED, "the ticket is closed or gone"
        choices = {field["name"]: json.loads(field["choices"]) for field in file.execute(FIELDS)}
        fields = json.loads(row["fields"])
        for name, value in change.fields.items():
            field = self._settings.fields.get(name)
            if field not in choices:
                return ChangeOutcome.REFUSED, f"there is no field {name}"
            if value is not None and choices[field] and value not in choices[field]:
                return ChangeOutcome.REFUSED, f"{name} has no option {value!r}"
            fields[field] = value
        tags = sorted((set(json.loads(row["tags"])) | change.add_tags) - change.remove_tags)
        if (tags, fields) != (json.loads(row["tags"]), json.loads(row["fields"])):
            written = (json.dumps(tags), json.dumps(fields), change.ticket_id)
            file.execute("UPDATE ticket SET tags = ?, fields = ? WHERE id = ?", written)
        if change.comment is not None:
            said = (change.ticket_id, change.comment.kind.value, change.comment.body, change.reference)
            file.execute("INSERT INTO comment (ticket, kind, body, reference) VALUES (?, ?, ?, ?)", said)
        return ChangeOutcome.APPLIED, ""

    # ---- the rest ----------------------------------------------------------------------------------

    def webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookCall:
        raise BadSignature("deskbook", "sends no webhooks", remedy="Remove what calls this address.")

    def ticket_url(self, ticket_id: str) -> str:
        return f"{self._settings.site}/tickets/{ticket_id}"

    def check(self) -> Sequence[CheckResult]:
        try:
            with self._file() as file:
                there = {row["name"] for row in file.execute(FIELDS)}
        except ConnectorError as error:
            return (CheckResult(str(self._settings.path), passed=False, remedy=str(error)),)
        missing = {name: field for name, field in self._settings.fields.items() if field not in there}
        return (
            CheckResult(str(self._settings.path), passed=True),
            *(
                CheckResult(f"ticket field {name}", name not in missing, f"Add {field}." if name in missing else "")
                for name, field in self._settings.fields.items()
            ),
        )

    # ---- rows to records ---------------------------------------------------------------------------

    def _page(
        self, file: sqlite3.Connection, which: str, *values: object
    ) -> tuple[tuple[Ticket, ...], tuple[Organization, ...], tuple[Person, ...]]:
        rows = file.execute(TICKETS.format(which), values).fetchall()
        organizations = [self._organization(row) for row in file.execute(ORGANIZATIONS)]
        people = {row["requester"]: Person(row["requester"], row["requester"], None, None, str(row["organization"]))
                  for row in rows}  # fmt: skip
        return tuple(map(self._ticket, rows)), tuple(organizations), tuple(people.values())

    def _ticket(self, row: sqlite3.Row) -> Ticket:
        fields = json.loads(row["fields"])
        return Ticket(
            id=str(row["id"]),
            number=str(row["id"]),
            subject=row["subject"],
            status=TicketStatus(row["status"]),
            created_at=datetime.fromtimestamp(row["created"], UTC),
            updated_at=datetime.fromtimestamp(row["changed"], UTC),
            description=row["body"],
            organization_id=str(row["organization"]),
            requester_id=row["requester"],
            tags=frozenset(json.loads(row["tags"])),
            fields={name: fields.get(field) for name, field in self._settings.fields.items()},
            url=self.ticket_url(str(row["id"])),
            merged_into=row["merged_into"],
        )

    def _organization(self, row: sqlite3.Row) -> Organization:
        fields = json.loads(row["fields"])
        ours = {name: fields.get(field) for name, field in self._settings.organization_fields.items()}
        return Organization(str(row["id"]), row["name"], ours)

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection]:
        """The file in one transaction. Nobody else writes meanwhile, so that nothing is written over."""
        address = f"{self._settings.path.absolute().as_uri()}?mode=rw"
        try:
            with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as file, file:
                file.row_factory = sqlite3.Row
                file.execute("BEGIN IMMEDIATE")
                yield file
        except sqlite3.OperationalError as error:
            told = f"{self._settings.path} cannot be used ({error})"
            raise Unavailable("deskbook", told, remedy="Put the file there.") from None
        except (sqlite3.DatabaseError, ValueError) as error:
            raise Malformed("deskbook", f"{self._settings.path} holds something else ({error})") from None


PRODUCT = Product(DeskbookSettings, DeskbookHelpdesk)
