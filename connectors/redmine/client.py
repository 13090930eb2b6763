"""The calls of Redmine that we make, one method each.

Redmine pages by offset, so that an entry that comes or goes while we read moves all that follow. Entries are
therefore read in the order of their creation, and each page begins with the last entry of the page before it, the
anchor: where another one stands there, rows have moved, and the reading begins again. Parameters that Redmine does
not know (such as a filter on the time of change) it ignores without a word; none is relied upon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from connectors.errors import Malformed, NotFound
from connectors.http import HttpClient
from connectors.redmine.translate import PRODUCT, READ, identifier
from connectors.unreadable import row_key
from connectors.value_reader import Object, is_number

READINGS = 4
"""How often a list is begun that changes while it is read."""
MOST_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list: ``total`` rows are there in all."""

    rows: list[Object]
    total: int

    @property
    def keys(self) -> list[str]:
        """What tells the rows apart."""
        return [row_key(row) for row in self.rows]

    @property
    def numbers(self) -> list[int]:
        """The rows' numbers, of those that have one."""
        return [int(key) for key in self.keys if is_number(key)]


class RedmineClient:
    """One site's calls."""

    def __init__(self, http: HttpClient, page_size: int) -> None:
        self._http = http
        self._page_size = page_size

    def me(self) -> Object:
        """Read who the key belongs to, with memberships."""
        answer = self._http.request("GET", "/users/current.json", params={"include": "memberships"})
        return READ.an_object(READ.an_object(answer.data, "the answer").get("user"), "user")

    def role(self, role_id: int) -> Object:
        """Read what a role may do."""
        answer = self._http.request("GET", f"/roles/{role_id}.json")
        return READ.an_object(READ.an_object(answer.data, "the answer").get("role"), "role")

    def entry(self, entry_id: str) -> Object | None:
        """Read one entry; ``None`` when there is none of that number."""
        try:
            answer = self._http.request("GET", f"/time_entries/{entry_id}.json")
        except NotFound:
            return None
        return READ.an_object(READ.an_object(answer.data, "the answer").get("time_entry"), "time_entry")

    def issues(self, issue_ids: Iterable[int]) -> dict[int, Object]:
        """Read issues by their numbers, closed ones too; those out of sight are absent."""
        wanted = sorted(set(issue_ids))
        issues: dict[int, Object] = {}
        for start in range(0, len(wanted), MOST_A_PAGE):
            numbers = ",".join(str(number) for number in wanted[start : start + MOST_A_PAGE])
            page = self._page("issues", issue_id=numbers, status_id="*", limit=MOST_A_PAGE)
            issues.update({identifier(issue): issue for issue in page.rows})
        return issues

    def newest(self, *, page_size: int | None = None) -> Iterator[Page]:
        """Yield entries, the one that was made last first, until the caller has enough or none is left."""
        limit, offset = page_size or self._page_size, 0
        while True:
            page = self._page("time_entries", sort="created_on:desc", limit=limit, offset=offset)
            yield page
            offset += len(page.rows)
            if not page.rows or offset >= page.total:
                return

    def spent(self, first: date, last: date | None = None) -> Iterator[tuple[list[Object], bool]]:
        """Yield every entry that was spent from ``first`` to ``last``, each once, and whether that was the last page.

        Raises :class:`Malformed` when the list never stands still.
        """
        yielded: set[str] = set()
        days = {"from": first.isoformat(), **({"to": last.isoformat()} if last else {})}
        for _ in range(READINGS):
            read: set[str] = set()
            anchor: str | None = None
            while True:
                offset = max(len(read) - 1, 0)
                page = self._page("time_entries", sort="created_on", limit=self._page_size, offset=offset, **days)
                keys = page.keys
                if anchor is not None and keys[:1] != [anchor]:
                    break
                brings_more = not read.issuperset(keys)
                read.update(keys)
                is_last = len(read) >= page.total
                fresh = [row for row, key in zip(page.rows, keys, strict=True) if key not in yielded]
                yielded.update(keys)
                if is_last:
                    yield fresh, True
                    return
                if not brings_more:
                    break
                yield fresh, False
                anchor = keys[-1]
        raise Malformed(PRODUCT, "the time entries kept moving while they were read", request="GET /time_entries.json")

    def total_from(self, day: date) -> int:
        """How many entries were spent on that day or later."""
        return self._page("time_entries", limit=1, **{"from": day.isoformat()}).total

    def _page(self, name: str, **params: Any) -> Page:
        answer = READ.an_object(self._http.request("GET", f"/{name}.json", params=params).data, "the answer")
        rows, total = answer.get(name), answer.get("total_count")
        if not isinstance(rows, list) or not isinstance(total, int):
            raise Malformed(PRODUCT, f"a page of {name} has another shape", request=f"GET /{name}.json")
        return Page([row if isinstance(row, dict) else {} for row in rows], total)
