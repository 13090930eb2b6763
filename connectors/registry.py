"""Which products there are: by name, the class of their settings and how their connector is made.

A new product is one folder and one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from connectors.clockify.connector import ClockifyTimeTracker
from connectors.clockify.settings import ClockifySettings
from connectors.harvest.connector import HarvestTimeTracker
from connectors.harvest.settings import HarvestSettings
from connectors.kimai.connector import KimaiTimeTracker
from connectors.kimai.settings import KimaiSettings
from connectors.moneybird.connector import MoneybirdBookkeeping
from connectors.moneybird.settings import MoneybirdSettings
from connectors.protocols import Bookkeeping, Environment, Helpdesk, TimeTracker
from connectors.redmine.connector import RedmineTimeTracker
from connectors.redmine.settings import RedmineSettings
from connectors.toggl.connector import TogglTimeTracker
from connectors.toggl.settings import TogglSettings
from connectors.zendesk.connector import ZendeskHelpdesk
from connectors.zendesk.settings import ZendeskSettings

Connector_co = TypeVar("Connector_co", bound=Helpdesk | TimeTracker | Bookkeeping, covariant=True)


@dataclass(frozen=True, slots=True)
class Product(Generic[Connector_co]):
    """``settings``: the pydantic class of its section. ``connect``: makes its connector from an instance of it."""

    settings: type[BaseModel]
    connect: Callable[[Any, Environment], Connector_co]


HELPDESKS: Mapping[str, Product[Helpdesk]] = {
    "zendesk": Product(ZendeskSettings, ZendeskHelpdesk),
}
TIME_TRACKERS: Mapping[str, Product[TimeTracker]] = {
    "clockify": Product(ClockifySettings, ClockifyTimeTracker),
    "harvest": Product(HarvestSettings, HarvestTimeTracker),
    "kimai": Product(KimaiSettings, KimaiTimeTracker),
    "redmine": Product(RedmineSettings, RedmineTimeTracker),
    "toggl": Product(TogglSettings, TogglTimeTracker),
}
BOOKKEEPINGS: Mapping[str, Product[Bookkeeping]] = {
    "moneybird": Product(MoneybirdSettings, MoneybirdBookkeeping),
}


def settings_classes(products: Mapping[str, Product[Connector_co]]) -> Mapping[str, type[BaseModel]]:
    """The settings class of each product, by its name."""
    return {name: product.settings for name, product in products.items()}
