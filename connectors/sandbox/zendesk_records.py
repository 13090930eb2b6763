"""What a Zendesk account holds: people, organizations, fields, tickets and their audits, as plain records.

Records say nothing of HTTP and know no rules; :mod:`connectors.sandbox.zendesk_state` acts on them. A whole account is
one value (:class:`ZendeskRecords`), which can be written to a file and read again.

Terms
    audit                 one update of a ticket: author, metadata, and events (``Comment``, ``Change``, ``Create``)
    generated timestamp   epoch seconds of the last change of a ticket, the system's own included; the export goes by it
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from connectors.sandbox.oauth import OauthRecords

FIRST_IDS = {
    "user": 6_130_907_000_001,
    "organization": 6_130_869_000_001,
    "ticket_field": 6_164_040_000_001,
    "organization_field": 6_164_041_000_001,
    "ticket": 1001,
    "audit": 6_164_100_000_001,
    "event": 1,
    "job": 1,
    "webhook": 1,
}
"""Where ids begin to count, so that the same doings give the same account."""
API_TOKENS_STOP = datetime(2027, 4, 30, tzinfo=UTC)


@dataclass(slots=True)
class ZendeskUser:
    """Somebody in the account; ``role`` is ``admin``, ``agent`` or ``end-user``."""

    id: int
    name: str
    email: str
    role: str
    created_at: datetime
    updated_at: datetime
    organization_id: int | None = None
    locale: str = "en-US"
    time_zone: str = "Amsterdam"


@dataclass(slots=True)
class ZendeskOrganization:
    """A customer; ``fields`` are by key."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    fields: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ZendeskField:
    """A ticket field or an organization field (then with a ``key``); ``options`` are value → name."""

    id: int
    type: str
    title: str
    created_at: datetime
    updated_at: datetime
    key: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    tag: str | None = None
    active: bool = True
    removable: bool = True
    description: str | None = None


@dataclass(slots=True)
class ZendeskTicket:
    """A ticket; ``custom_fields`` are by the field's id, ``status_before`` is that of a deleted one."""

    id: int
    subject: str
    description: str
    requester_id: int
    submitter_id: int
    created_at: datetime
    updated_at: datetime
    generated_timestamp: int
    status: str = "new"
    channel: str = "web"
    organization_id: int | None = None
    assignee_id: int | None = None
    external_id: str | None = None
    type: str | None = None
    priority: str | None = None
    is_public: bool = True
    tags: list[str] = field(default_factory=list)
    custom_fields: dict[int, Any] = field(default_factory=dict)
    status_before: str | None = None


@dataclass(slots=True)
class ZendeskAudit:
    """One update of a ticket; ``custom`` is the metadata that came with it, ``source`` tells more about the channel."""

    id: int
    ticket_id: int
    created_at: datetime
    author_id: int
    channel: str
    custom: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    source: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ZendeskTrigger:
    """A business rule that runs after every update: a ticket that has ``when_tags`` gets ``add_tags``."""

    title: str
    when_tags: frozenset[str]
    add_tags: frozenset[str]


@dataclass(slots=True)
class ZendeskRecords:
    """A whole account. ``made`` are webhooks, triggers and views that came by the API, by kind and id.

    ``api_tokens`` work with the address of every agent, until ``api_token_ends`` of a token and ``api_tokens_stop`` of
    all ("Migrating from API tokens to OAuth access tokens"); ``oauth`` holds clients and tokens.
    """

    users: dict[int, ZendeskUser] = field(default_factory=dict)
    organizations: dict[int, ZendeskOrganization] = field(default_factory=dict)
    ticket_fields: dict[int, ZendeskField] = field(default_factory=dict)
    organization_fields: dict[int, ZendeskField] = field(default_factory=dict)
    tickets: dict[int, ZendeskTicket] = field(default_factory=dict)
    audits: dict[int, list[ZendeskAudit]] = field(default_factory=dict)
    triggers: list[ZendeskTrigger] = field(default_factory=list)
    made: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    api_tokens: set[str] = field(default_factory=set)
    api_token_ends: dict[str, datetime] = field(default_factory=dict)
    api_tokens_stop: datetime = API_TOKENS_STOP
    oauth: OauthRecords = field(default_factory=OauthRecords)
    next_ids: dict[str, int] = field(default_factory=lambda: dict(FIRST_IDS))

    def next_id(self, kind: str) -> int:
        """A new id."""
        given = self.next_ids[kind]
        self.next_ids[kind] = given + 1
        return given

    def takes_api_token(self, token: str, now: datetime) -> bool:
        """Whether an API token is known and has not ended."""
        return token in self.api_tokens and now < min(
            self.api_tokens_stop, self.api_token_ends.get(token, now.max.replace(tzinfo=UTC))
        )


_RECORDS = TypeAdapter(ZendeskRecords)


def write_file(records: ZendeskRecords, path: Path) -> None:
    """Keep a whole account, but for jobs that are under way, in a file; whoever is interrupted leaves the old one."""
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(_RECORDS.dump_json(records))
    beside.replace(path)


def read_file(path: Path) -> ZendeskRecords:
    """The account that :func:`write_file` kept. Raises :class:`ValueError` for a file of another kind."""
    return _RECORDS.validate_json(path.read_bytes())
