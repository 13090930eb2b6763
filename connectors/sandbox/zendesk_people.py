"""What the sandbox's Zendesk tells of people, organizations and groups, their exports, and searches.

Exports of people and organizations go by ``updated_at`` and number; organizations have no cursor variant: their next
page begins at ``end_time``. A search takes ``type:`` and ``field>value`` conditions and words ("Search reference"), as
far as this sandbox can judge them; any other condition is refused.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer
from connectors.sandbox.values import Unreadable, instant, text, whole_number
from connectors.sandbox.zendesk_shapes import ZendeskShapes
from connectors.sandbox.zendesk_shapes import instant as written
from connectors.sandbox.zendesk_state import ZendeskAccount

MOST_EXPORTED = 1000
GROUP = 6_130_830_400_001
LATEST_STAMP = 4_102_444_800
_CONDITION = re.compile(r"(?P<name>[a-z_]+)(?P<sign>>=|<=|>|<|:)(?P<value>\S+)")


class ZendeskPeople:
    """The calls about people, organizations and the one group that every account has."""

    def __init__(self, account: ZendeskAccount, shapes: ZendeskShapes) -> None:
        self._account = account
        self._shapes = shapes

    def groups(self) -> list[dict[str, Any]]:
        """The group of all agents."""
        made_at = written(self._made_at())
        return [
            {
                "url": self._shapes.url(f"groups/{GROUP}"),
                "id": GROUP,
                "is_public": True,
                "name": "Support",
                "description": "",
                "default": True,
                "deleted": False,
                "created_at": made_at,
                "updated_at": made_at,
            }
        ]

    def memberships(self) -> list[dict[str, Any]]:
        """Every agent is in the group."""
        return [
            {
                "url": self._shapes.url(f"group_memberships/{user.id}"),
                "id": user.id + 1_000_000_000_000,
                "user_id": user.id,
                "group_id": GROUP,
                "default": True,
                "created_at": written(user.created_at),
                "updated_at": written(user.created_at),
            }
            for user in self._account.records.users.values()
            if user.role != "end-user"
        ]

    def user_fields(self) -> list[dict[str, Any]]:
        """The field of people that this account has."""
        made_at = written(self._made_at())
        field = {"id": GROUP + 1, "type": "text", "key": "team", "title": "Team", "active": True, "position": 0}
        return [{**field, "url": self._shapes.url("user_fields/team"), "created_at": made_at, "updated_at": made_at}]

    def export(self, kind: str, query: Parameters, *, by_cursor: bool) -> Answer:
        """A page of ``/incremental/users`` or ``/incremental/organizations``, by cursor or by time."""
        rows: Mapping[int, Any] = getattr(self._account.records, kind)
        show: Callable[[Any], dict[str, Any]] = self._shapes.user if kind == "users" else self._shapes.organization
        text(query, "include", "")
        size = min(whole_number(query, "per_page", MOST_EXPORTED, least=1), MOST_EXPORTED)
        behind = _position(query, by_cursor=by_cursor)
        waiting = sorted(
            (int(row.updated_at.timestamp()), row.id)
            for row in rows.values()
            if (int(row.updated_at.timestamp()), row.id) > behind
        )
        given = waiting[:size]
        shown = [show(rows[row_id]) for _, row_id in given]
        is_last = len(given) == len(waiting)
        address = self._shapes.url(f"incremental/{kind}{'/cursor' if by_cursor else ''}")
        if by_cursor:
            cursor = _cursor(*given[-1]) if given else query.get("cursor")
            places = {"after_url": f"{address}?cursor={cursor}" if cursor else None, "after_cursor": cursor}
            return Answer(data={kind: shown, **places, "end_of_stream": is_last})
        end = given[-1][0] if given else None
        following = f"{address}?start_time={end}" if end is not None else None
        places = {"count": len(shown), "next_page": following, "end_time": end, "end_of_stream": is_last}
        return Answer(data={kind: shown, **places})

    def found(self, query: Parameters) -> list[dict[str, Any]]:
        """The results of a search. Raises :class:`Unreadable` for what this sandbox cannot judge."""
        words = text(query, "query")
        text(query, "sort_by", "relevance"), text(query, "sort_order", "desc"), text(query, "include", "")
        conditions = [match.groupdict() for match in _CONDITION.finditer(words)]
        rest = _CONDITION.sub("", words).casefold().split()
        kinds = {each["value"] for each in conditions if each["name"] == "type"} or {"ticket", "user", "organization"}
        results = []
        for kind, row in self._searchable():
            heard = str(row.get("subject") or row.get("name")).casefold()
            if kind in kinds and all(word in heard for word in rest) and all(_meets(row, each) for each in conditions):
                results.append({**row, "result_type": kind})
        return results

    def _searchable(self) -> list[tuple[str, dict[str, Any]]]:
        records, shapes = self._account.records, self._shapes
        return [
            *(("ticket", shapes.ticket(row)) for row in records.tickets.values() if row.status != "deleted"),
            *(("user", shapes.user(row)) for row in records.users.values()),
            *(("organization", shapes.organization(row)) for row in records.organizations.values()),
        ]

    def _made_at(self) -> datetime:
        users = self._account.records.users.values()
        return min((user.created_at for user in users), default=self._account.now())


def _meets(row: Mapping[str, Any], condition: Mapping[str, str]) -> bool:
    name, sign, value = condition["name"], condition["sign"], condition["value"].strip('"')
    if name == "type":
        return True
    field = {"created": "created_at", "updated": "updated_at"}.get(name, name)
    if field in ("created_at", "updated_at"):
        stands = datetime.fromisoformat(row[field]).astimezone(UTC)
        wanted = instant({name: value}, name)
        signs = {">": stands > wanted, "<": stands < wanted, ">=": stands >= wanted, "<=": stands <= wanted}
        return signs.get(sign, stands.date() == wanted.date())
    if sign != ":" or field not in (
        "status",
        "subject",
        "name",
        "email",
        "role",
        "tags",
        "priority",
        "organization_id",
    ):
        raise Unreadable("query", condition["name"], "a condition that this sandbox can judge")
    has = row.get(field)
    return value in has if isinstance(has, list) else str(has).casefold() == value.casefold()


def _position(query: Parameters, *, by_cursor: bool) -> tuple[int, int]:
    """What the page begins behind; by time, those of the very second come again."""
    if by_cursor and "cursor" in query:
        try:
            matched = re.fullmatch(r"([0-9]{1,10})\|([0-9]{1,18})", base64.b64decode(query["cursor"]).decode())
        except (binascii.Error, ValueError):
            matched = None
        if matched is None:
            raise Unreadable("cursor", query["cursor"], "a cursor of an answer")
        return int(matched[1]), int(matched[2])
    return start_time(query), 0


def start_time(query: Parameters) -> int:
    """Where an export begins: epoch seconds, also written as ``1790812800.0``."""
    given = text(query, "start_time")
    whole = given.removesuffix(".0") if re.fullmatch(r"[0-9]{1,12}\.0", given) else given
    return whole_number({"start_time": whole}, "start_time", least=0, most=LATEST_STAMP)


def _cursor(stamp: int, number: int) -> str:
    return base64.b64encode(f"{stamp}|{number}".encode()).decode()
