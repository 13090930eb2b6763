"""A call to the sandbox's Zammad, and the answers that refuse one: ``{"error": …, "error_human": …}``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.server import Answer
from connectors.sandbox.zammad_records import ZammadUser

MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known user."""

    user: ZammadUser
    query: Mapping[str, str]
    body: Any
    found: Mapping[str, str]

    @property
    def number(self) -> int:
        """The id that the path names."""
        return int(self.found["id"])

    @property
    def given(self) -> Mapping[str, Any]:
        """The body as an object."""
        return self.body if isinstance(self.body, dict) else {}

    def wants(self, name: str) -> bool:
        """Whether something is switched on, in the address or in the body."""
        return str(self.query.get(name, self.given.get(name, ""))).lower() == "true"

    def page(self, rows: list[Any], most: int = MOST_LISTED, usual: int = MOST_LISTED) -> Answer:
        """The page of a list that is asked for."""
        size = min(int(self.query.get("per_page", self.given.get("per_page", usual))), most)
        page = int(self.query.get("page", self.given.get("page", 1)))
        return Answer(data=rows[(page - 1) * size : page * size])


def failed(status: int, told: str) -> Answer:
    """A call that is refused."""
    return Answer(status, {"error": told, "error_human": told})


def absent(kind: str, number: int) -> Answer:
    """There is no such thing."""
    return failed(404, f"Couldn't find {kind} with 'id'={number}")


UNKNOWN = failed(401, "Invalid token. Please check your token.")
FORBIDDEN = failed(403, "Not authorized")
NOT_PERMITTED = failed(403, "Not authorized (token)!")
