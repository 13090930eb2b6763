"""The calls of Redmine that we make, one method each.

Redmine pages by offset, so that an entry that comes or goes while we read moves all that follow. Entries are
therefore read in the order of their creation, and each page begins with the last entry of the page before it, the
anchor: where another one stands there, rows have moved, and the reading begins anew. Parameters that Redmine does
not know (such as a filter on the time of change) it ignores without a word; none is relied upon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from connectors.errors import Malformed, NotFound
from connectors.http import HttpClient
from connectors.redmine.translate import PRODUCT, identifier, object_of

READINGS = 4
"""How often a list is begun that changes while it is read."""
MOST_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list: ``total`` rows are there in all."""

    rows: list[dict[str, Any]]
    total: int

    @property
    def ids(self) -> list[int]:
        """The rows' numbers."""
        return [identifier(row) for row in self.rows]


class RedmineClient:
    """One site's calls."""

    def __init__(self, http: HttpClient, page_size: int) -> None:
        self._http = http
        self._page_size = page_size

    def me(self) -> dict[str, Any]:
        """Read who the key belongs to, with memberships."""
        answer = self._http.request("GET", "/users/current.json", params={"include": "memberships"})
        return object_of(object_of(answer.data, "answer").get("user"), "user")

    def role(self, role_id: int) -> dict[str, Any]:
        """Read what a role may do."""
        answer = self._http.request("GET", f"/roles/{role_id}.json")
        return object_of(object_of(answer.data, "answer").get("role"), "role")

    def entry(self, entry_id: str) -> dict[str, Any] | None:
        """Read one entry; ``None`` when there is none of that number."""
        try:
            answer = self._http.request("GET", f"/time_entries/{entry_id}.json")
        except NotFound:
            return None
        return object_of(object_of(answer.data, "answer").get("time_entry"), "time entry")

    def issues(self, issue_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Read issues by their numbers, closed ones too; those out of sight are absent."""
        wanted = sorted(set(issue_ids))
        found: dict[int, dict[str, Any]] = {}
        for start in range(0, len(wanted), MOST_A_PAGE):
            numbers = ",".join(str(one) for one in wanted[start : start + MOST_A_PAGE])
            page = self._page("issues", issue_id=numbers, status_id="*", limit=MOST_A_PAGE)
            found.update(zip(page.ids, page.rows, strict=True))
        return found

    def newest(self, *, page_size: int | None = None) -> Iterator[Page]:
        """Yield entries, the one that was made last first, until the caller has enough or none is left."""
        limit, offset = page_size or self._page_size, 0
        while True:
            page = self._page("time_entries", sort="created_on:desc", limit=limit, offset=offset)
            yield page
            offset += len(page.rows)
            if not page.rows or offset >= page.total:
                return

    def spent(self, first: date, last: date | None = None) -> Iterator[tuple[list[dict[str, Any]], bool]]:
        """Yield every entry that was spent from ``first`` to ``last``, each once, and whether that was the last page.

        Raises :class:`Malformed` when the list never stands still.
        """
        told: set[int] = set()
        days = {"from": first.isoformat(), **({"to": last.isoformat()} if last else {})}
        for _ in range(READINGS):
            read: set[int] = set()
            anchor: int | None = None
            while True:
                offset = max(len(read) - 1, 0)
                page = self._page("time_entries", sort="created_on", limit=self._page_size, offset=offset, **days)
                if anchor is not None and page.ids[:1] != [anchor]:
                    break
                brings_more = not read.issuperset(page.ids)
                read.update(page.ids)
                is_last = len(read) >= page.total
                fresh = [row for row in page.rows if identifier(row) not in told]
                told.update(page.ids)
                if is_last:
                    yield fresh, True
                    return
                if not brings_more:
                    break
                yield fresh, False
                anchor = page.ids[-1]
        raise Malformed(PRODUCT, "the time entries kept moving while they were read", request="GET /time_entries.json")

    def total_from(self, day: date) -> int:
        """How many entries were spent on that day or later."""
        return self._page("time_entries", limit=1, **{"from": day.isoformat()}).total

    def _page(self, name: str, **params: Any) -> Page:
        answer = object_of(self._http.request("GET", f"/{name}.json", params=params).data, "page")
        rows, total = answer.get(name), answer.get("total_count")
        if not isinstance(rows, list) or not isinstance(total, int):
            raise Malformed(PRODUCT, f"a page of {name} has another shape", request=f"GET /{name}.json")
        return Page([object_of(row, "row") for row in rows], total)
