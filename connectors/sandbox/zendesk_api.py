"""The doors of the sandbox's Zendesk: authentication, limits, lists, and which call does what.

Terms
    call      one request of a known user
    list      many rows; with ``page[size]`` by cursor, otherwise by page number, as the product does both

Error bodies are the product's own, as recorded.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.oauth import OauthServer, OauthToken
from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer, Request
from connectors.sandbox.values import Unreadable, inside
from connectors.sandbox.zendesk_admin import ZendeskAdmin
from connectors.sandbox.zendesk_export import export_tickets
from connectors.sandbox.zendesk_jobs import ZendeskJobs
from connectors.sandbox.zendesk_limits import ZendeskLimits
from connectors.sandbox.zendesk_lists import listed
from connectors.sandbox.zendesk_oauth import INVALID_TOKEN, ZendeskTokens, browser_answer, missing_scope
from connectors.sandbox.zendesk_people import ZendeskPeople
from connectors.sandbox.zendesk_records import ZendeskUser
from connectors.sandbox.zendesk_shapes import ZendeskShapes
from connectors.sandbox.zendesk_state import ZendeskAccount
from connectors.sandbox.zendesk_writes import ZendeskWrites

MOST_ROWS = 100
TICKET = "(?P<id>[0-9]{1,18})"
UNKNOWN = Answer(401, {"error": "Couldn't authenticate you"})
FORBIDDEN = Answer(
    403,
    {
        "error": {
            "title": "Forbidden",
            "message": "You do not have access to this page. Please contact the account owner of this help desk for "
            "further help.",
        }
    },
)
NOT_FOUND = Answer(404, {"error": "RecordNotFound", "description": "Not found"})
NO_SUCH_PATH = Answer(404, {"error": "InvalidEndpoint", "description": "Not found"})
WITHOUT_ROWS = {
    "macros": "macros",
    "satisfaction_ratings": "satisfaction_ratings",
    "ticket_forms": "ticket_forms",
    "slas/policies": "sla_policies",
    "incremental/ticket_metric_events": "ticket_metric_events",
    "channels/voice/phone_numbers": "phone_numbers",
}
"""Lists that this account has nothing in."""
TOO_MANY_VALUES = Answer(
    400,
    {"error": "TooManyValues", "description": "Parameter  cannot specify more than 100 values", "max_count": MOST_ROWS},
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known user; ``found`` are the parts of its path, ``token`` the OAuth token that it came with."""

    user: ZendeskUser
    path: str
    query: Parameters
    body: Any
    found: Mapping[str, str]
    token: OauthToken | None

    @property
    def ticket_id(self) -> int:
        """The ticket that the path names."""
        return int(self.found["id"])


class ZendeskApi:
    """Support API v2 of one account."""

    def __init__(self, account: ZendeskAccount, base_url: str, limits: ZendeskLimits, oauth: OauthServer) -> None:
        self.account = account
        self.oauth = oauth
        self.limits = limits
        self.shapes = ZendeskShapes(account.records, base_url)
        self.tokens = ZendeskTokens(oauth, self.shapes)
        self.jobs = ZendeskJobs(account)
        self.writes = ZendeskWrites(account, self.shapes, self.jobs)
        self.admin = ZendeskAdmin(account, self.shapes)
        self.people = ZendeskPeople(account, self.shapes)
        self._routes = self._all_routes()

    def answer(self, request: Request) -> Answer:
        """Answer one call."""
        with self.account.lock:
            if (outside := browser_answer(self.oauth, request)) is not None:
                return outside
        path = request.path.removesuffix(".json")
        authorization = request.headers.get("authorization", "")
        if not authorization and path == "/api/v2/users/me":
            return Answer(data={"user": {"id": None, "name": "Anonymous user", "email": "invalid@example.com"}})
        scheme, _, given = authorization.partition(" ")
        token = self.oauth.living(given) if scheme == "Bearer" else None
        if scheme == "Bearer" and token is None:
            return INVALID_TOKEN
        user = self.account.records.users.get(token.user_id) if token is not None else self._user(scheme, given)
        if user is None:
            return UNKNOWN
        if (exceeded := self.limits.take(path)) is not None:
            return exceeded
        answer = missing_scope(token, request.method, path) if token is not None else None
        answer = answer or self._routed(request, path, user, token)
        is_list = isinstance(answer.data, dict) and bool({"meta", "count", "end_of_stream"} & set(answer.data))
        headers = {**self.limits.headers(path, is_list=is_list), "x-zendesk-api-version": "v2", **answer.headers}
        return Answer(answer.status, answer.data, headers, answer.is_empty)

    def _routed(self, request: Request, path: str, user: ZendeskUser, token: OauthToken | None) -> Answer:
        for verb, pattern, handle in self._routes:
            matched = pattern.fullmatch(path)
            if verb == request.method and matched:
                if user.role == "end-user":
                    return FORBIDDEN
                self.account.catch_up()
                try:
                    with self.account.lock:
                        return handle(Call(user, path, request.query, request.json, matched.groupdict(), token))
                except Unreadable as error:
                    return _refused(error)
        return NO_SUCH_PATH

    def _all_routes(self) -> list[tuple[str, re.Pattern[str], Callable[[Call], Answer]]]:
        writes = self.writes
        routes: tuple[tuple[str, str, Callable[[Call], Answer]], ...] = (
            ("GET", "users/me", lambda call: Answer(data={"user": self.shapes.user(call.user)})),
            ("GET", r"(?P<kind>users|organizations)", self._everybody),
            ("GET", r"(?P<kind>users|organizations)/show_many", self._several),
            ("GET", r"(?P<kind>users|organizations)/(?P<id>[0-9]{1,18})", self._somebody),
            ("GET", "oauth/tokens", self._own_tokens),
            ("GET", r"oauth/tokens/(?P<token>current|[0-9]{1,18})", self._token),
            ("DELETE", r"oauth/tokens/(?P<token>[0-9]{1,18})", self._revoke),
            ("GET", "ticket_fields", self._ticket_fields),
            ("GET", "groups", lambda call: self._list(call, "groups", self.people.groups())),
            ("GET", "group_memberships", lambda call: self._list(call, "group_memberships", self.people.memberships())),
            ("GET", "user_fields", lambda call: self._list(call, "user_fields", self.people.user_fields())),
            ("GET", "search", lambda call: self._list(call, "results", self.people.found(call.query))),
            ("GET", r"incremental/(?P<kind>users|organizations)(?P<cursor>/cursor)?", self._export_people),
            ("GET", "deleted_tickets", self._deleted_tickets),
            ("PUT", rf"deleted_tickets/{TICKET}/restore", self._restore),
            *(("GET", path, lambda call, name=name: self._list(call, name, [])) for path, name in WITHOUT_ROWS.items()),
            ("GET", "organization_fields", self._organization_fields),
            ("GET", "tags", self._tags),
            ("GET", "incremental/tickets/cursor", self._export),
            ("GET", "tickets", self._tickets),
            ("GET", "tickets/show_many", self._show_many),
            ("GET", r"tickets/(?P<id>[0-9]{1,18})", self._ticket),
            ("GET", r"tickets/(?P<id>[0-9]{1,18})/audits", self._audits),
            ("GET", r"tickets/(?P<id>[0-9]{1,18})/comments", self._comments),
            ("GET", r"tickets/(?P<id>[0-9]{1,18})/tags", self._tags_of),
            ("GET", "job_statuses", self._every_job),
            ("GET", "job_statuses/show_many", self._jobs),
            ("GET", r"job_statuses/(?P<id>[\w-]+)", self._job),
            ("POST", "tickets", lambda call: writes.create(call.user, call.body)),
            ("PUT", "tickets/update_many", lambda call: writes.update_many(call.user, call.query, call.body)),
            ("PUT", r"tickets/(?P<id>[0-9]{1,18})", lambda call: writes.update(call.user, call.ticket_id, call.body)),
            ("DELETE", r"tickets/(?P<id>[0-9]{1,18})", self._delete),
            (
                "POST",
                r"tickets/(?P<id>[0-9]{1,18})/merge",
                lambda call: writes.merge(call.user, call.ticket_id, call.body),
            ),
            *(
                (
                    verb,
                    r"tickets/(?P<id>[0-9]{1,18})/tags",
                    lambda call, name=name: writes.change_tags(call.user, call.ticket_id, name, call.body),
                )
                for verb, name in (("POST", "tags"), ("PUT", "additional_tags"), ("DELETE", "remove_tags"))
            ),
        )
        return [
            (verb, re.compile(f"/api/v2/{pattern}"), handle)
            for verb, pattern, handle in (*routes, *self._admin_routes())
        ]

    def _admin_routes(self) -> tuple[tuple[str, str, Callable[[Call], Answer]], ...]:
        """What administrators alone may do."""
        admin = self.admin
        field, made = r"(?P<what>ticket_field|organization_field)s", r"(?P<kind>webhook|trigger|view)s"
        routes: tuple[tuple[str, str, Callable[[Call], Answer]], ...] = (
            ("POST", field, lambda call: admin.create_field(call.found["what"], call.body)),
            (
                "PUT",
                rf"{field}/(?P<id>[0-9]{{1,18}})",
                lambda call: admin.change_field(call.found["what"], int(call.found["id"]), call.body),
            ),
            (
                "DELETE",
                rf"{field}/(?P<id>[0-9]{{1,18}})",
                lambda call: admin.delete_field(call.found["what"], int(call.found["id"])),
            ),
            ("GET", made, self._made),
            ("POST", made, lambda call: admin.create(call.found["kind"], call.user, call.body)),
            ("GET", r"webhooks/(?P<id>\w+)/signing_secret", lambda call: admin.signing_secret(call.found["id"])),
            ("PUT", rf"{made}/(?P<id>\w+)", lambda call: admin.change(call.found["kind"], call.found["id"], call.body)),
            ("DELETE", rf"{made}/(?P<id>\w+)", lambda call: admin.delete(call.found["kind"], call.found["id"])),
        )
        return tuple((verb, pattern, _for_administrators(handle)) for verb, pattern, handle in routes)

    def _made(self, call: Call) -> Answer:
        kind = call.found["kind"]
        return self._list(call, f"{kind}s", list(self.admin.made(kind).values()))

    def _user(self, scheme: str, given: str) -> ZendeskUser | None:
        """Whose address comes with an API token."""
        records = self.account.records
        try:
            name, _, token = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        email, _, word = name.partition("/")
        if scheme != "Basic" or word != "token" or not records.takes_api_token(token, self.account.now()):
            return None
        return next((user for user in records.users.values() if user.email == email), None)

    # ---- tokens --------------------------------------------------------------------------------------

    def _own_tokens(self, call: Call) -> Answer:
        return self._list(call, "tokens", self.tokens.of(call.user.id))

    def _token(self, call: Call) -> Answer:
        is_current = call.found["token"] == "current"  # noqa: S105 - a word of the address
        token = (
            self.tokens.current(call.token) if is_current else self.tokens.find(call.user.id, int(call.found["token"]))
        )
        return Answer(data={"token": token}) if token is not None else NOT_FOUND

    def _revoke(self, call: Call) -> Answer:
        if not self.tokens.revoke(call.user.id, int(call.found["token"])):
            return NOT_FOUND
        return Answer(204, is_empty=True)

    # ---- lists -------------------------------------------------------------------------------------

    def _list(self, call: Call, name: str, rows: Sequence[Any], more: Mapping[str, Any] | None = None) -> Answer:
        """A page of ``rows``, by cursor or by number."""
        return listed(name, rows, call.query, self.shapes.url(call.path.removeprefix("/api/v2/")), more)

    def _everybody(self, call: Call) -> Answer:
        kind = call.found["kind"]
        return self._list(call, kind, [self._shown(kind, row) for row in self._rows(kind).values()])

    def _several(self, call: Call) -> Answer:
        kind, ids = call.found["kind"], _ids(call.query)
        if len(ids) > MOST_ROWS:
            return TOO_MANY_VALUES
        rows = self._rows(kind)
        shown = [self._shown(kind, rows[key]) for key in ids if key in rows]
        return Answer(data={kind: shown, "next_page": None, "previous_page": None, "count": len(shown)})

    def _somebody(self, call: Call) -> Answer:
        kind, rows = call.found["kind"], self._rows(call.found["kind"])
        one = rows.get(int(call.found["id"]))
        return Answer(data={kind[:-1]: self._shown(kind, one)}) if one is not None else NOT_FOUND

    def _rows(self, kind: str) -> Mapping[int, Any]:
        rows: Mapping[int, Any] = getattr(self.account.records, kind)
        return rows

    def _shown(self, kind: str, one: Any) -> dict[str, Any]:
        return self.shapes.user(one) if kind == "users" else self.shapes.organization(one)

    def _ticket_fields(self, call: Call) -> Answer:
        made_at = min((user.created_at for user in self.account.records.users.values()), default=self.account.now())
        own = [self.shapes.ticket_field(ticket_field) for ticket_field in self.account.records.ticket_fields.values()]
        return self._list(call, "ticket_fields", [*self.shapes.system_fields(made_at), *own])

    def _organization_fields(self, call: Call) -> Answer:
        rows = [
            self.shapes.organization_field(organization_field)
            for organization_field in self.account.records.organization_fields.values()
        ]
        return self._list(call, "organization_fields", rows)

    def _tags(self, call: Call) -> Answer:
        living = [ticket for ticket in self.account.records.tickets.values() if ticket.status != "deleted"]
        counted = Counter(tag for ticket in living for tag in ticket.tags)
        return self._list(call, "tags", [{"name": name, "count": count} for name, count in counted.most_common()])

    # ---- tickets and jobs --------------------------------------------------------------------------

    def _export(self, call: Call) -> Answer:
        if call.user.role != "admin":
            return FORBIDDEN
        return export_tickets(self.account, self.shapes, call.query)

    def _export_people(self, call: Call) -> Answer:
        if call.user.role != "admin":
            return FORBIDDEN
        return self.people.export(call.found["kind"], call.query, by_cursor=call.found["cursor"] is not None)

    def _deleted_tickets(self, call: Call) -> Answer:
        deleted = [ticket for ticket in self.account.records.tickets.values() if ticket.status == "deleted"]
        return self._list(call, "deleted_tickets", [self.shapes.deleted_ticket(ticket) for ticket in deleted])

    def _restore(self, call: Call) -> Answer:
        ticket = self.account.records.tickets.get(call.ticket_id)
        if ticket is None or ticket.status != "deleted":
            return NOT_FOUND
        self.account.restore(call.ticket_id)
        return Answer(200, is_empty=True)

    def _tickets(self, call: Call) -> Answer:
        living = [ticket for ticket in self.account.records.tickets.values() if ticket.status != "deleted"]
        if call.query.get("sort") == "-updated_at":
            living.sort(key=lambda record: (record.updated_at, record.id), reverse=True)
        beside = self.shapes.beside(living, call.query.get("include", ""))
        return self._list(call, "tickets", [self.shapes.ticket(record) for record in living], beside)

    def _show_many(self, call: Call) -> Answer:
        ids = _ids(call.query)
        if len(ids) > MOST_ROWS:
            return TOO_MANY_VALUES
        known = self.account.records.tickets
        found = [known[key] for key in sorted(set(ids)) if key in known and known[key].status != "deleted"]
        told = {"next_page": None, "previous_page": None, "count": len(found)}
        beside = self.shapes.beside(found, call.query.get("include", ""))
        return Answer(data={"tickets": [self.shapes.ticket(record) for record in found], **beside, **told})

    def _ticket(self, call: Call) -> Answer:
        ticket = self.account.records.tickets.get(call.ticket_id)
        if ticket is None or ticket.status == "deleted":
            return NOT_FOUND
        beside = self.shapes.beside([ticket], call.query.get("include", ""))
        return Answer(data={"ticket": self.shapes.ticket(ticket), **beside})

    def _delete(self, call: Call) -> Answer:
        inside(call.body, "ticket")  # some clients send the ticket along
        return self.writes.delete(call.ticket_id)

    def _audits(self, call: Call) -> Answer:
        if self._ticket(call).status != 200:
            return NOT_FOUND
        audits = self.account.records.audits[call.ticket_id]
        beside = {}
        if call.query.get("include") == "users":
            authors = {audit.author_id for audit in audits}
            known = self.account.records.users.items()
            beside["users"] = [self.shapes.user(user) for user_id, user in known if user_id in authors]
        return self._list(call, "audits", [self.shapes.audit(audit) for audit in audits], beside)

    def _comments(self, call: Call) -> Answer:
        if self._ticket(call).status != 200:
            return NOT_FOUND
        call.query.ignore("include_inline_images")
        rows = [self.shapes.comment(one) for one in self.account.comments(call.ticket_id)]
        return self._list(call, "comments", rows)

    def _tags_of(self, call: Call) -> Answer:
        if self._ticket(call).status != 200:
            return NOT_FOUND
        return Answer(data={"tags": list(self.account.records.tickets[call.ticket_id].tags)})

    def _job(self, call: Call) -> Answer:
        job = self.jobs.find(call.found["id"])
        return Answer(data={"job_status": self.jobs.told(job, self.shapes)}) if job is not None else NOT_FOUND

    def _every_job(self, call: Call) -> Answer:
        return self._list(call, "job_statuses", [self.jobs.told(job, self.shapes) for job in self.jobs.known()])

    def _jobs(self, call: Call) -> Answer:
        found = [self.jobs.find(key) for key in call.query.get("ids", "").split(",")]
        told = [self.jobs.told(job, self.shapes) for job in found if job is not None]
        return Answer(data={"job_statuses": told, "next_page": None, "previous_page": None, "count": len(told)})


def _for_administrators(handle: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    return lambda call: handle(call) if call.user.role == "admin" else FORBIDDEN


def _refused(error: Unreadable) -> Answer:
    """A parameter or a property that cannot be read."""
    title, told = "Invalid attribute", f"You passed an invalid value for the {error.name} attribute."
    return Answer(400, {"error": {"title": title, "message": f"{told} Invalid parameter: it must be {error.expected}"}})


def _ids(query: Mapping[str, str]) -> list[int]:
    return [int(key) for key in query.get("ids", "").split(",") if key.strip().isdecimal()]
