"""Zammad's calls: what is asked, and what comes back as JSON.

Terms
    article    one message or note of a ticket
    whole      a ticket with everything that belongs to it (``?all=true``): tags, links, articles, people, organization
    condition  a search by attributes; the database answers it, and one by words a search index that lags

Sources: the API documentation ("Introduction", "Ticket", "Articles", "Tags", "Time Accounting", "Object",
"Organization", "Group", "User", "States"), and Zammad's own source for what it leaves open: the operators of
conditions, what ``all`` brings, which way links point, and that a merged ticket's articles are the other ticket's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from connectors.errors import Invalid, Malformed, NotFound, PermissionMissing, Unavailable
from connectors.http import HttpClient, Response
from connectors.protocols import Environment
from connectors.unreadable import row_key
from connectors.value_reader import Object, ValueReader
from connectors.zammad.settings import ZammadAccess

PRODUCT = "zammad"
MOST_ROWS = 500
"""How many groups, webhooks, triggers and overviews come at once."""
READ = ValueReader(PRODUCT)
REFUSALS = frozenset({400, 409, 422})
"""Answers that say in their body what is wrong with a write."""
GIVE_ACCESS = "Give the agent of the token full access to it, or name it under ignored_groups if that is meant."
ATTRIBUTES, UPDATE_DATABASE = "object_manager_attributes", "object_manager_attributes_execute_migrations"
WEBHOOKS, TRIGGERS, OVERVIEWS = "webhooks", "triggers", "overviews"
PERMISSIONS = {
    ATTRIBUTES: "admin.object",
    UPDATE_DATABASE: "admin.object",
    WEBHOOKS: "admin.webhook",
    TRIGGERS: "admin.trigger",
    OVERVIEWS: "admin.overview",
}
"""What it takes to see and to make each kind of definition."""
GIVE_PERMISSION = "Give its agent a role with that permission, and the token the permission too."
FULL, READS_AND_CHANGES = "full", frozenset({"read", "change"})
"""The rights in a group that suffice, the one or the others; of closed groups not even the time is shown."""


def http_client(settings: ZammadAccess, environment: Environment) -> HttpClient:
    """A site's requests."""
    proof = {"Authorization": SecretStr(f"Token token={settings.api_token.get_secret_value()}")}
    return HttpClient(PRODUCT, settings.address, proof, environment, network=settings)


class ZammadClient:
    """The calls of one site. Every method raises :class:`connectors.errors.ConnectorError`."""

    def __init__(self, http: HttpClient, page_size: int, ignored_groups: Sequence[str] = ()) -> None:
        self._http = http
        self.page_size = page_size
        self._ignored_groups = {name.casefold() for name in ignored_groups}

    # ---- who and what there is ---------------------------------------------------------------------

    def me(self) -> tuple[Object, Response]:
        """The agent that the token belongs to, and the answer with its headers."""
        answer = self._http.request("GET", "/api/v1/users/me")
        me = READ.an_object(answer.data, "the answer")
        READ.identity(me.get("id"), "user.id")
        return me, answer

    def user(self, user_id: str) -> Object:
        """Somebody. Raises :class:`NotFound`."""
        return self._object(f"/api/v1/users/{user_id}")

    def closed_groups(self) -> Sequence[str]:
        """Groups whose tickets the token cannot read and change, but for those that are ignored.

        Without permission to list groups it is known only whether the token sees any.
        """
        open_groups = self._open_groups()
        try:
            groups = [group for page in self._pages("/api/v1/groups", "groups", size=MOST_ROWS) for group in page]
        except PermissionMissing:
            return () if open_groups else ("any group",)
        closed = [
            READ.text(group.get("name"), "group.name")
            for group in groups
            if group.get("active") is not False and READ.identity(group.get("id"), "group.id") not in open_groups
        ]
        return [name for name in closed if name.casefold() not in self._ignored_groups]

    def require_every_group(self) -> None:
        """Make sure that the token sees every group: searches leave out what it does not see, without a word.

        Raises :class:`PermissionMissing`.
        """
        if closed := self.closed_groups():
            problem = f"the agent of the token may not read and change the tickets of {', '.join(closed)}"
            raise PermissionMissing(PRODUCT, problem, remedy=GIVE_ACCESS)

    def require_site(self) -> None:
        """Make sure that Zammad itself answers: behind a wrong address everything is *not found*.

        Raises :class:`Unavailable`.
        """
        try:
            self.me()
        except (NotFound, Invalid) as error:
            problem = "no Zammad answers at this address"
            remedy = "Correct base_url in the settings."
            raise Unavailable(PRODUCT, problem, request=error.request, status=error.status, remedy=remedy) from None

    def states(self) -> Sequence[Object]:
        """The states of tickets, with their types by name."""
        path = "/api/v1/ticket_states"
        answer = self._http.request("GET", path, params={"expand": "true"})
        return READ.objects(answer.data, "states", request=f"GET {path}")

    def attributes(self) -> Sequence[Object]:
        """The definitions of the attributes of every kind of object."""
        with _permission_named(ATTRIBUTES):
            path = f"/api/v1/{ATTRIBUTES}"
            return READ.objects(self._http.request("GET", path).data, "attributes", request=f"GET {path}")

    def organizations(self) -> Iterator[Sequence[Object]]:
        """Every organization, in pages."""
        return self._pages("/api/v1/organizations", "organizations")

    # ---- tickets -----------------------------------------------------------------------------------

    def changed(self, since: datetime, page: int) -> tuple[Sequence[Object], Response]:
        """A page of the tickets that changed since, those that changed first first."""
        stamp = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        asked = {
            "condition": {"ticket.updated_at": {"operator": "after (absolute)", "value": stamp}},
            "sort_by": "updated_at",
            "order_by": "asc",
            "expand": True,
            "page": page,
            "per_page": self.page_size,
        }
        answer = self._http.request("POST", "/api/v1/tickets/search", json=asked, safe=True)
        return READ.objects(answer.data, "tickets"), answer

    def ticket(self, ticket_id: str) -> Object:
        """A ticket's own attributes, with the names of what it points at. Raises :class:`NotFound`."""
        return self._object(f"/api/v1/tickets/{ticket_id}", {"expand": "true"})

    def whole(self, ticket_id: str) -> Object:
        """A ticket with everything that belongs to it. Raises :class:`NotFound`."""
        data = READ.an_object(
            self._http.request("GET", f"/api/v1/tickets/{ticket_id}", params={"all": "true"}).data, "the answer"
        )
        READ.identity(data.get("ticket_id"), "ticket_id")
        READ.an_object(data.get("assets"), "assets")
        return data

    def articles(self, ticket_id: str) -> Sequence[Object]:
        """The articles of a ticket, the oldest first. Raises :class:`NotFound`."""
        path = f"/api/v1/ticket_articles/by_ticket/{ticket_id}"
        return READ.objects(self._http.request("GET", path).data, "articles")

    def add_tag(self, ticket_id: str, tag: str) -> None:
        """Put a tag on a ticket and leave the others alone."""
        body = {"object": "Ticket", "o_id": int(ticket_id), "item": tag}
        self._done(self._http.request("POST", "/api/v1/tags/add", json=body, accept=REFUSALS))

    def remove_tag(self, ticket_id: str, tag: str) -> None:
        """Take a tag off a ticket and leave the others alone."""
        body = {"object": "Ticket", "o_id": int(ticket_id), "item": tag}
        self._done(self._http.request("DELETE", "/api/v1/tags/remove", json=body, accept=REFUSALS))

    def update(self, ticket_id: str, properties: Mapping[str, Any]) -> None:
        """Change a ticket, and add an article if one is given, all at once or not at all.

        Raises :class:`Invalid` with the product's words.
        """
        path = f"/api/v1/tickets/{ticket_id}"
        answer = self._http.request("PUT", path, json=dict(properties), accept=REFUSALS)
        _require_taken(answer, path)
        if not isinstance(answer.data, dict) or not isinstance(answer.data.get("id"), int):
            problem = "the answer to a write has no id"
            raise Malformed(PRODUCT, problem, request=f"PUT {path}", uncertain=True)

    # ---- time --------------------------------------------------------------------------------------

    def times(self, ticket_id: str) -> Sequence[Object]:
        """The time accounted on a ticket, with names. Raises :class:`NotFound`."""
        path = f"/api/v1/tickets/{ticket_id}/time_accountings"
        return [row for page in self._pages(path, "time accountings", {"expand": "true"}) for row in page]

    # ---- what administrators make -------------------------------------------------------------------

    def definitions(self, kind: str) -> Sequence[Object]:
        """Every webhook, trigger or overview (:data:`WEBHOOKS` …). Raises :class:`PermissionMissing` with its name."""
        with _permission_named(kind):
            return [row for page in self._pages(f"/api/v1/{kind}", kind, size=MOST_ROWS) for row in page]

    def administer(self, method: str, kind: str, body: Object | None = None, *, number: str | None = None) -> None:
        """Make, change or delete a definition, or update the database (:data:`UPDATE_DATABASE`).

        Raises :class:`Invalid` with the product's words, and :class:`PermissionMissing` with the permission's name.
        """
        path = f"/api/v1/{kind}" if number is None else f"/api/v1/{kind}/{number}"
        with _permission_named(kind):
            answer = self._http.request(method, path, json=body, accept=REFUSALS)
        _require_taken(answer, path)

    # ---- the wire ----------------------------------------------------------------------------------

    def _object(self, path: str, params: Mapping[str, Any] | None = None) -> Object:
        data = READ.an_object(self._http.request("GET", path, params=params).data, "the answer")
        READ.identity(data.get("id"), "id")
        return data

    def _open_groups(self) -> set[str]:
        """The groups that the agent may read and change, by rights of his own and by those of his roles together."""
        answer = self._http.request("GET", "/api/v1/users/me", params={"full": "true"})
        user = READ.an_object(answer.data, "the answer")
        me_id = READ.identity(user.get("id"), "user.id")
        assets = READ.an_object(user.get("assets"), "assets")
        me = READ.an_object(READ.an_object(assets.get("User"), "assets.User").get(me_id), "assets.User")
        roles = READ.an_object(assets.get("Role") or {}, "assets.Role")
        role_ids = me.get("role_ids")
        if not isinstance(role_ids, list):
            raise Malformed(PRODUCT, "user.role_ids should be a list")
        own = [READ.an_object(roles.get(str(role_id)) or {}, "assets.Role") for role_id in role_ids]
        rights: dict[str, set[str]] = {}
        for holder in (me, *(role for role in own if role.get("active") is not False)):
            for group_id, given in READ.an_object(holder.get("group_ids") or {}, "group_ids").items():
                rights.setdefault(group_id, set()).update(READ.texts(given, "group_ids"))
        return {group_id for group_id, given in rights.items() if FULL in given or given >= READS_AND_CHANGES}

    def _pages(
        self, path: str, what: str, params: Mapping[str, Any] | None = None, size: int | None = None
    ) -> Iterator[Sequence[Object]]:
        """The pages of a list; a list that knows no pages comes whole, and then again."""
        yielded: set[str] = set()
        page, size = 1, size or self.page_size
        while True:
            asked = {**(params or {}), "page": page, "per_page": size}
            rows = READ.objects(self._http.request("GET", path, params=asked).data, what, request=f"GET {path}")
            fresh = [row for row in rows if row_key(row) not in yielded]
            yielded.update(map(row_key, rows))
            yield fresh
            if len(rows) < size or not fresh:
                return
            page += 1

    def _done(self, answer: Response) -> None:
        _require_taken(answer, "/api/v1/tags")
        if answer.data is not True:
            problem = "the answer to a change of tags says something else"
            raise Malformed(PRODUCT, problem, request="/api/v1/tags", uncertain=True)


@contextmanager
def _permission_named(kind: str) -> Iterator[None]:
    """Tell which permission it is that is missing."""
    try:
        yield
    except PermissionMissing as error:
        problem = f"the token of CareSync's agent lacks the permission {PERMISSIONS[kind]}"
        raise PermissionMissing(
            PRODUCT, problem, request=error.request, status=error.status, remedy=GIVE_PERMISSION
        ) from None


def _require_taken(answer: Response, path: str) -> None:
    if answer.status in REFUSALS:
        body = answer.data if isinstance(answer.data, dict) else {}
        words = str(body.get("error_human") or body.get("error") or "refused")[:400]
        raise Invalid(PRODUCT, words, request=path, status=answer.status)
