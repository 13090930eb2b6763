"""The agency's customers, as ``customers.yaml`` tells them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

import yaml

RATES = {
    2022: Decimal("92.50"),
    2023: Decimal("95.00"),
    2024: Decimal("98.50"),
    2025: Decimal("102.50"),
    2026: Decimal("107.50"),
}
"""Euro per hour by the year of purchase."""


@dataclass(frozen=True, slots=True)
class Card:
    """An hour card as it was bought; ``hours_used`` is what was drawn from it before the month began."""

    bought_on: date
    hours: Decimal
    hours_used: Decimal

    @property
    def rate(self) -> Decimal:
        """Euro per hour."""
        return RATES[self.bought_on.year]


@dataclass(frozen=True, slots=True)
class Customer:
    """An organization of the agency.

    ``sla`` is the level (``none``, ``basis``, ``plus``); ``covers`` are services that its agreement covers besides the
    website; ``people`` write to us; ``size`` says how busy they keep us; ``client`` is its name in the time tracker.
    """

    name: str
    locale: str
    sla: str
    people: tuple[str, ...]
    size: int
    client: str
    covers: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()

    @property
    def has_sla(self) -> bool:
        """Whether there is one."""
        return self.sla != "none"


@cache
def customers() -> tuple[Customer, ...]:
    """Read ``customers.yaml``."""
    rows = yaml.safe_load(files("care_sync.demo").joinpath("customers.yaml").read_text(encoding="utf-8"))
    return tuple(
        Customer(
            name=row["name"],
            locale=row["locale"],
            sla=row["sla"],
            people=tuple(row["people"]),
            size=row["size"],
            client=row.get("client", row["name"]),
            covers=tuple(row.get("covers", ())),
            cards=tuple(
                Card(bought_on, Decimal(str(hours)), Decimal(str(used)))
                for bought_on, hours, used in row.get("cards", ())
            ),
        )
        for row in rows
    )
