"""The deskbook keeps the promises of every helpdesk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from care_deskbook import DeskbookHelpdesk, DeskbookSettings
from connectors.clock import ManualClock
from connectors.conformance.environment import environment
from connectors.conformance.helpdesk_bed import (
    ORGANIZATION_FIELDS,
    START,
    TICKET_FIELDS,
    HelpdeskBed,
    HelpdeskTraits,
    SeenTicket,
)
from connectors.conformance.helpdesk_suite import HelpdeskSuite
from connectors.records import Comment, CommentKind, FieldValue, TicketStatus

SCHEMA = """
CREATE TABLE organization (id INTEGER PRIMARY KEY, name, fields);
CREATE TABLE field (name, choices);
CREATE TABLE ticket (id INTEGER PRIMARY KEY AUTOINCREMENT, subject, body, status, organization, requester, tags, fields,
  merged_into, created, changed);
CREATE TABLE comment (ticket, kind, body, reference);
CREATE TABLE clock (seconds);
CREATE TRIGGER ticket_changed AFTER UPDATE ON ticket BEGIN
  UPDATE ticket SET changed = (SELECT seconds FROM clock) WHERE id = new.id; END;
CREATE TRIGGER comment_added AFTER INSERT ON comment BEGIN
  UPDATE ticket SET changed = (SELECT seconds FROM clock) WHERE id = new.ticket; END;
"""
CHOICES = {"cause": ["care", "customer", "third_party"]}


class DeskbookBed(HelpdeskBed):
    """People write into the file itself."""

    traits = HelpdeskTraits(
        tells_time=False,
        has_faults=False,
        has_credentials=False,
        has_permissions=False,
        has_webhooks=False,
        has_pages=False,
        counts_requests=False,
    )

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(START)
        self.path = folder / "desk.db"
        with closing(sqlite3.connect(self.path)) as file:
            file.executescript(SCHEMA)
        self.do("INSERT INTO clock VALUES (?)", int(START.timestamp()))
        for name in TICKET_FIELDS:
            self.do("INSERT INTO field VALUES (?, ?)", f"f_{name}", json.dumps(CHOICES.get(name, [])))
        for name in ("Acme", "Globex"):
            self.add_organization(name)

    def do(self, statement: str, *values: object) -> str:
        """Write something; gives the number of the row that was entered."""
        with closing(sqlite3.connect(self.path)) as file, file:
            file.execute("PRAGMA synchronous = OFF")
            return str(file.execute(statement, values).lastrowid)

    def rows(self, statement: str, *values: object) -> Iterator[sqlite3.Row]:
        with closing(sqlite3.connect(self.path)) as file:
            file.row_factory = sqlite3.Row
            yield from file.execute(statement, values).fetchall()

    # ---- connectors and time -----------------------------------------------------------------------

    def connector(self, path: Path, clock_ahead: timedelta = timedelta()) -> DeskbookHelpdesk:
        settings = DeskbookSettings(
            path=path,
            site="https://desk.example.com",
            fields={name: f"f_{name}" for name in TICKET_FIELDS},
            organization_fields={name: f"f_{name}" for name in ORGANIZATION_FIELDS},
        )
        return DeskbookHelpdesk(settings, environment(self.clock, ahead=clock_ahead))

    def helpdesk(self, *, clock_ahead: timedelta = timedelta()) -> DeskbookHelpdesk:
        return self.connector(self.path, clock_ahead)

    def helpdesk_with_wrong_credentials(self) -> DeskbookHelpdesk:
        return self.connector(self.path.with_name("nowhere.db"))

    def now(self) -> datetime:
        return self.clock.now()

    def later(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.do("UPDATE clock SET seconds = ?", int(self.now().timestamp()))

    def settle(self) -> None:
        self.later(timedelta(seconds=1))

    # ---- what people do ----------------------------------------------------------------------------

    def file_ticket(
        self,
        subject: str,
        body: str = "Please help.",
        *,
        organization: str = "Acme",
        tags: tuple[str, ...] = (),
        **fields: FieldValue,
    ) -> str:
        now = int(self.now().timestamp())
        return self.do(
            "INSERT INTO ticket (subject, body, status, organization, requester, tags, fields, created, changed) "
            "VALUES (?, ?, 'new', ?, ?, ?, ?, ?, ?)",
            *(subject, body, self.organization(organization), f"Eva of {organization}"),
            *(json.dumps(tags), in_file(fields), now, now),
        )

    def edit(
        self, ticket_id: str, *, subject: str | None = None, status: TicketStatus | None = None, **fields: FieldValue
    ) -> None:
        (row,) = self.rows("SELECT * FROM ticket WHERE id = ?", ticket_id)
        self.do(
            "UPDATE ticket SET subject = ?, status = ?, fields = ? WHERE id = ?",
            subject or row["subject"],
            status.value if status else row["status"],
            in_file(fields, row["fields"]),
            ticket_id,
        )

    def tag(self, ticket_id: str, *tags: str) -> None:
        standing = self.seen(ticket_id).tags
        self.do("UPDATE ticket SET tags = ? WHERE id = ?", json.dumps(sorted({*standing, *tags})), ticket_id)

    def comment(self, ticket_id: str, comment: Comment) -> None:
        self.do("INSERT INTO comment VALUES (?, ?, ?, NULL)", ticket_id, comment.kind.value, comment.body)

    def close(self, ticket_id: str) -> None:
        self.edit(ticket_id, status=TicketStatus.CLOSED)

    def delete(self, ticket_id: str) -> None:
        self.edit(ticket_id, status=TicketStatus.DELETED)

    def merge(self, ticket_id: str, into: str) -> None:
        self.do("UPDATE ticket SET status = 'closed', merged_into = ? WHERE id = ?", into, ticket_id)

    def move(self, ticket_id: str, organization: str) -> None:
        self.do("UPDATE ticket SET organization = ? WHERE id = ?", self.organization(organization), ticket_id)

    def organization(self, name: str) -> str:
        (row,) = self.rows("SELECT id FROM organization WHERE name = ?", name)
        return str(row["id"])

    def add_organization(self, name: str, **fields: FieldValue) -> str:
        return self.do("INSERT INTO organization (name, fields) VALUES (?, ?)", name, in_file(fields))

    def edit_organization(self, name: str, *, new_name: str | None = None, **fields: FieldValue) -> None:
        (row,) = self.rows("SELECT * FROM organization WHERE name = ?", name)
        changed = (new_name or name, in_file(fields, row["fields"]), row["id"])
        self.do("UPDATE organization SET name = ?, fields = ? WHERE id = ?", *changed)

    def remove_ticket_field(self, name: str) -> None:
        self.do("DELETE FROM field WHERE name = ?", f"f_{name}")

    def seen(self, ticket_id: str) -> SeenTicket:
        (row,) = self.rows("SELECT * FROM ticket WHERE id = ?", ticket_id)
        fields = json.loads(row["fields"])
        said = self.rows("SELECT kind, body FROM comment WHERE ticket = ? ORDER BY rowid", ticket_id)
        return SeenTicket(
            status=TicketStatus(row["status"]),
            tags=frozenset(json.loads(row["tags"])),
            fields={name: fields.get(f"f_{name}") for name in TICKET_FIELDS},
            comments=tuple(Comment(CommentKind(one["kind"]), one["body"]) for one in said),
        )


def in_file(fields: dict[str, FieldValue], standing: str = "{}") -> str:
    return json.dumps(json.loads(standing) | {f"f_{name}": value for name, value in fields.items()})


class TestDeskbook(HelpdeskSuite):
    @pytest.fixture
    def bed(self, tmp_path: Path) -> HelpdeskBed:
        return DeskbookBed(tmp_path)
