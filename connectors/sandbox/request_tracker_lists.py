"""Asking Request Tracker: who asks, for what, and the pages of its lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.parameters import Parameters
from connectors.sandbox.request_tracker_shapes import Shapes, Thing
from connectors.sandbox.request_tracker_state import ROOT, RequestTrackerSite, RtUser
from connectors.sandbox.server import Answer, Request

USUAL_PAGE, MOST_A_PAGE = 20, 100
NO_CONTENT = Answer(204, is_empty=True)
FORBIDDEN = Answer(403, {"message": "Forbidden"})
NOT_FOUND = Answer(404, {"message": "Not Found"})


@dataclass(frozen=True, slots=True)
class Call:
    """A request of somebody who is known; ``parts`` are what the route left open."""

    user: RtUser
    query: Parameters
    pairs: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: Any
    parts: tuple[str, ...]

    @classmethod
    def of(cls, request: Request, user: RtUser, parts: tuple[str, ...]) -> Call:
        """A request of ``user``."""
        return cls(user, request.query, request.pairs, request.headers, request.json, parts)

    @property
    def number(self) -> int:
        """The number of what is asked for."""
        return int(self.parts[0])

    @property
    def is_descending(self) -> bool:
        """Whether the last rows come first."""
        return str(self.query.get("order", "ASC")) == "DESC"


Route = tuple[str, Callable[[Call], Answer]]


class Lists:
    """The pages of one site's lists."""

    def __init__(self, site: RequestTrackerSite, shapes: Shapes) -> None:
        self._site = site
        self._shapes = shapes

    def all_or_nothing(self, kind: str, found: Sequence[Thing], call: Call, right: str) -> Answer:
        """A list by name for those who have a right."""
        may = self._site.may(call.user, right)
        order = call.query.get("orderby", "name")
        ordered = sorted(found, key=lambda record: getattr(record, order))
        return self.page(kind, ordered if may else [], call, is_whole=may)

    def seen(self, kind: str, found: Sequence[Any], call: Call, sees: Callable[[Any], bool]) -> Answer:
        """A list whose pages lack the rows that the caller may not see; only ``root`` is told the total."""
        return self.page(kind, found, call, is_whole=call.user.id == ROOT, sees=sees)

    def page(
        self,
        kind: str,
        found: Sequence[Thing],
        call: Call,
        *,
        is_whole: bool,
        sees: Callable[[Any], bool] = lambda _: True,
    ) -> Answer:
        """The page that is asked for; who does not see the whole list is told no total."""
        call.query.ignore("fields", "orderby", *(name for name in call.query.whole() if name.startswith("fields[")))
        size = min(int(call.query.get("per_page", USUAL_PAGE)), MOST_A_PAGE)
        page = int(call.query.get("page", 1))
        rows = [record for record in found[(page - 1) * size : page * size] if sees(record)]
        shown = [self._shapes.listed(kind, row, call.query, call.user) for row in rows]
        total = len(found) if is_whole else None
        pages = None if total is None else -(-total // size) or 0.0
        told = {"items": shown, "count": len(shown), "total": total, "per_page": size, "page": page, "pages": pages}
        return Answer(data=told)
