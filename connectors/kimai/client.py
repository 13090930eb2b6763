"""The calls of Kimai that we make, one method each.

Lists come in numbered pages, ordered by id, each with the number of timesheets there are in all; what is deleted or
moved meanwhile shifts the pages behind it. A list is therefore read again when that number changed on the way, or when
in the end not as many came. A page past the end is answered 404, which says the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from connectors.errors import Malformed, NotFound
from connectors.http import HttpClient, Response, server_time
from connectors.kimai.translate import PRODUCT, READ, begin_of
from connectors.unreadable import row_key
from connectors.value_reader import Object, is_number

READINGS = 4
"""How often a list is begun that changes while it is read."""
WIDEST_DIFFERENCE = timedelta(hours=26)
"""Between the clocks of two zones: dates and times that a request names are read in the zone of who asks."""
LIST = "/api/timesheets"


class KimaiClient:
    """One site's calls."""

    def __init__(self, http: HttpClient, page_size: int) -> None:
        self._http = http
        self._page_size = page_size

    def version(self) -> tuple[int, datetime | None]:
        """Read the release's number (26600 for 2.66.0), and what the site's clock says."""
        answer = self._http.request("GET", "/api/version")
        version = READ.an_object(answer.data, "version")
        return READ.whole_number(version.get("versionId"), "versionId"), server_time(answer)

    def me(self) -> Response:
        """Read who the token belongs to."""
        answer = self._http.request("GET", "/api/users/me")
        READ.identity(READ.an_object(answer.data, "user").get("id"), "user.id")
        return answer

    def newest(self) -> list[Any]:
        """Read the newest timesheets, one page of them."""
        answer = self._page({"orderBy": "id", "order": "DESC"}, 1)
        return _rows(answer)

    def timesheet(self, timesheet_id: str) -> Object | None:
        """Read one timesheet in its full form; ``None`` when there is none of that number.

        Asked for by its number it comes without names, so it is then looked for in a list.
        """
        try:
            bare = READ.an_object(self._http.request("GET", f"{LIST}/{timesheet_id}").data, "timesheet")
        except NotFound:
            return None
        begin = begin_of(bare).replace(tzinfo=None)
        filters = {
            "user": bare.get("user"),
            "project": bare.get("project"),
            "begin": _literal(begin - WIDEST_DIFFERENCE),
            "end": _literal(begin + WIDEST_DIFFERENCE),
        }
        for rows, _ in self.timesheets(filters):
            for row in rows:
                if row_key(row) == row_key(bare):
                    return READ.an_object(row, "timesheet")
        raise Malformed(PRODUCT, "a timesheet changed while it was read", request=f"GET {LIST}")

    def timesheets(self, filters: dict[str, Any]) -> Iterator[tuple[list[Any], bool]]:
        """Yield every timesheet that the filters leave, each once, and whether that was the last page.

        Raises :class:`Malformed` when the list never stands still.
        """
        yielded: set[str] = set()
        for _ in range(READINGS):
            read: set[str] = set()
            page, first_total = 1, None
            while True:
                answer = self._page({"orderBy": "id", "order": "ASC", **filters}, page)
                if answer.status == 404:
                    break
                rows, total, pages = _rows(answer), _header(answer, "X-Total-Count"), _header(answer, "X-Total-Pages")
                first_total = total if first_total is None else first_total
                read.update(map(row_key, rows))
                is_last = page >= pages
                if total != first_total or (is_last and len(read) != total):
                    break
                fresh = [row for row in rows if row_key(row) not in yielded]
                yielded.update(map(row_key, fresh))
                yield fresh, is_last
                if is_last:
                    return
                page += 1
        raise Malformed(PRODUCT, "the timesheets kept moving while they were read", request=f"GET {LIST}")

    def _page(self, filters: dict[str, Any], page: int) -> Response:
        params = {"user": "all", **filters, "full": 1, "size": self._page_size, "page": page}
        return self._http.request("GET", LIST, params=params, accept=frozenset({404}) if page > 1 else frozenset())


def literal_days(first: datetime, last: datetime) -> dict[str, str]:
    """Filters that leave everything which anybody's calendar puts from ``first`` to ``last``, and some more."""
    return {"begin": _literal(first - WIDEST_DIFFERENCE), "end": _literal(last + WIDEST_DIFFERENCE)}


def _literal(wall_clock: datetime) -> str:
    return wall_clock.strftime("%Y-%m-%dT%H:%M:%S")


def _rows(answer: Response) -> list[Any]:
    if not isinstance(answer.data, list):
        raise Malformed(PRODUCT, "a list was expected and something else came", request=f"GET {LIST}")
    return answer.data


def _header(answer: Response, name: str) -> int:
    number = answer.headers.get(name, "")
    if is_number(number):
        return int(number)
    raise Malformed(PRODUCT, f"the header {name} should be a number", request=f"GET {LIST}")
