"""What occurs at the agency, as ``stories.yaml`` tells it: kinds of tickets with the clauses that they touch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from dateutil.relativedelta import relativedelta

from care_sync.demo.customers import Customer


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work on a ticket: its activity, and between how many minutes it takes."""

    activity: str
    fewest: int
    most: int


@dataclass(frozen=True, slots=True)
class Story:
    """A row of ``stories.yaml``. ``letters`` are by language: what the customer writes, subject and message."""

    id: str
    clauses: tuple[str, ...]
    weight: int
    sla: bool | None
    covers: str | None
    lacks: str | None
    channel: str | None
    facts: Mapping[str, Any]
    statuses: tuple[str, ...]
    letters: Mapping[str, tuple[tuple[str, str], ...]]
    work: tuple[Work, ...]

    def is_for(self, customer: Customer) -> bool:
        """Whether it can happen to this customer."""
        return (
            self.sla in (None, customer.has_sla)
            and (self.covers is None or self.covers in customer.covers)
            and (self.lacks is None or self.lacks not in customer.covers)
        )

    def facts_on(self, reported_on: date) -> dict[str, Any]:
        """The facts that agents fill in for a ticket that was reported on that day."""
        return {name: _on(value, reported_on) for name, value in self.facts.items()}


@cache
def stories() -> tuple[Story, ...]:
    """Read ``stories.yaml``."""
    rows = yaml.safe_load(files("care_sync.demo").joinpath("stories.yaml").read_text(encoding="utf-8"))
    return tuple(
        Story(
            id=row["id"],
            clauses=tuple(row["clauses"]),
            weight=row["weight"],
            sla=None if row["sla"] == "any" else row["sla"],
            covers=row.get("covers"),
            lacks=row.get("lacks"),
            channel=row.get("channel"),
            facts=row["facts"],
            statuses=tuple(row.get("status", ("open", "pending", "solved", "solved", "solved", "solved", "closed"))),
            letters={language: tuple(row[language].items()) for language in ("nl", "en")},
            work=tuple(Work(*item) for item in row["work"]),
        )
        for row in rows
    )


def _on(value: Any, reported_on: date) -> Any:
    """``{days:60}`` is the date 60 days before the report, ``{months:6}`` that six months before."""
    if isinstance(value, str) and (match := re.fullmatch(r"\{(days|months):(\d+)\}", value)):
        number = int(match[2])
        return reported_on - (timedelta(days=number) if match[1] == "days" else relativedelta(months=number))
    return value
