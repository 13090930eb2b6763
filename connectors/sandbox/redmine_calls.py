"""A call to the sandbox's Redmine, how its values are read, and the answers that refuse one.

Refusals (401, 403, 404) have an empty body; what cannot be saved is 422 with ``{"errors": […]}`` in Redmine's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from connectors.sandbox.parameters import Parameters
from connectors.sandbox.redmine_state import RedmineProject, RedmineSite, RedmineUser
from connectors.sandbox.server import Answer
from connectors.sandbox.values import rows, text, whole_number

MOST_A_PAGE, USUAL_PAGE = 100, 25
_HOURS = re.compile(r"(?:([0-9]{1,6})\s*(?:h|hours?|:))?\s*(?:([0-9]{1,6})\s*(?:m|min|minutes?)?)?")
NO_CONTENT = Answer(204, is_empty=True)
FORBIDDEN = Answer(403, is_empty=True)
NOT_FOUND = Answer(404, is_empty=True)


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known user; ``id`` is the number in its path, else 0, ``word`` what stands there."""

    user: RedmineUser
    query: Parameters
    body: Any
    id: int
    word: str = ""


class Invalid(Exception):
    """What the product will not save, in its own words."""


def project_of(site: RedmineSite, given: object) -> RedmineProject | None:
    """A project by its number or its identifier."""
    named = (
        project for project in site.projects.values() if given in (project.id, str(project.id), project.identifier)
    )
    return next(named, None)


def made(address: str, name: str, names: str, made_id: int, shown: Mapping[str, Any]) -> Answer:
    """The answer that says that something was made, and where it is."""
    return Answer(201, {name: shown}, {"Location": f"{address}/{names}/{made_id}"})


def page(name: str, listed: list[Any], query: Parameters, shown: Callable[[Any], Mapping[str, Any]]) -> Answer:
    """The page of a list that is asked for."""
    limit = min(_lenient(query, "limit") or USUAL_PAGE, MOST_A_PAGE)
    offset = _lenient(query, "offset")
    rows = [shown(thing) for thing in listed[offset : offset + limit]]
    return Answer(data={name: rows, "total_count": len(listed), "offset": offset, "limit": limit})


def hours_of(given: object) -> Fraction:
    """``1.5``, ``"1,5"``, ``"0:23"``, ``"1h50"``, ``"25m"``: every way of writing hours that Redmine reads."""
    if given is None or given == "":
        raise Invalid("Hours cannot be blank")
    text = str(given).strip().replace(",", ".")
    try:
        exact = Fraction(text)
    except ValueError:
        matched = _HOURS.fullmatch(text)
        if matched is None:
            raise Invalid("Hours is invalid") from None
        exact = Fraction(int(matched[1] or 0) * 60 + int(matched[2] or 0), 60)
    if exact < 0:
        raise Invalid("Hours is invalid")
    return exact


def _lenient(query: Parameters, name: str) -> int:
    """A number as the product reads it: what is none is 0, as Ruby's ``to_i``, and nothing is below it."""
    matched = re.match(r"\s*([0-9]{1,9})", text(query, name, ""))
    return int(matched[1]) if matched else 0


def words_of(given: Mapping[str, Any], name: str) -> str:
    """A text that must not be blank."""
    words = text(given, name, "")
    if not words.strip():
        raise Invalid(f"{name.capitalize()} cannot be blank")
    return words


def values_of(given: Mapping[str, Any]) -> dict[int, str]:
    """The values of custom fields, by the field's number."""
    return {whole_number(row, "id"): str(row.get("value", "")) for row in rows(given, "custom_fields")}
