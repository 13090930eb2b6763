"""Which products there are: by name, the class of their settings and how their connector is made.

A product that CareSync ships is one folder and one line here. Any other lives in a package of its own, which names it
by an entry point: ``[project.entry-points."care_sync.time_trackers"]`` with ``name = "its.module:PRODUCT"``, where
``PRODUCT`` is a :class:`connectors.products.Product` (``care_sync.helpdesks`` and ``care_sync.bookkeepings`` alike).
"""

from __future__ import annotations

from connectors.clockify.connector import ClockifyTimeTracker
from connectors.clockify.settings import ClockifySettings
from connectors.freshdesk.connector import FreshdeskHelpdesk
from connectors.freshdesk.settings import FreshdeskSettings, FreshdeskTimeSettings
from connectors.freshdesk.time_tracker import FreshdeskTimeTracker
from connectors.harvest.connector import HarvestTimeTracker
from connectors.harvest.settings import HarvestSettings
from connectors.helpdesk_settings import HelpdeskSettings
from connectors.kimai.connector import KimaiTimeTracker
from connectors.kimai.settings import KimaiSettings
from connectors.moneybird.connector import MoneybirdBookkeeping
from connectors.moneybird.settings import MoneybirdSettings
from connectors.products import Product, Products
from connectors.protocols import Bookkeeping, Helpdesk, TimeTracker
from connectors.redmine.connector import RedmineTimeTracker
from connectors.redmine.settings import RedmineSettings
from connectors.request_tracker.connector import RequestTrackerHelpdesk
from connectors.request_tracker.settings import RequestTrackerSettings, RequestTrackerTimeSettings
from connectors.request_tracker.time_tracker import RequestTrackerTimeTracker
from connectors.toggl.connector import TogglTimeTracker
from connectors.toggl.settings import TogglSettings
from connectors.tracker_settings import TimeTrackerSettings
from connectors.zammad.connector import ZammadHelpdesk
from connectors.zammad.settings import ZammadSettings, ZammadTimeSettings
from connectors.zammad.time_tracker import ZammadTimeTracker
from connectors.zendesk.connector import ZendeskHelpdesk
from connectors.zendesk.settings import ZendeskSettings, ZendeskTimeSettings
from connectors.zendesk.time_tracker import ZendeskTimeTracker

HELPDESKS: Products[Helpdesk] = Products(
    "care_sync.helpdesks",
    {
        "freshdesk": Product(FreshdeskSettings, FreshdeskHelpdesk),
        "request_tracker": Product(RequestTrackerSettings, RequestTrackerHelpdesk),
        "zammad": Product(ZammadSettings, ZammadHelpdesk),
        "zendesk": Product(ZendeskSettings, ZendeskHelpdesk),
    },
    Helpdesk,
    settings=HelpdeskSettings,
)
TIME_TRACKERS: Products[TimeTracker] = Products(
    "care_sync.time_trackers",
    {
        "clockify": Product(ClockifySettings, ClockifyTimeTracker),
        "freshdesk": Product(FreshdeskTimeSettings, FreshdeskTimeTracker),
        "harvest": Product(HarvestSettings, HarvestTimeTracker),
        "kimai": Product(KimaiSettings, KimaiTimeTracker),
        "redmine": Product(RedmineSettings, RedmineTimeTracker),
        "request_tracker": Product(RequestTrackerTimeSettings, RequestTrackerTimeTracker),
        "toggl": Product(TogglSettings, TogglTimeTracker),
        "zammad": Product(ZammadTimeSettings, ZammadTimeTracker),
        "zendesk": Product(ZendeskTimeSettings, ZendeskTimeTracker),
    },
    TimeTracker,
    settings=TimeTrackerSettings,
)
BOOKKEEPINGS: Products[Bookkeeping] = Products(
    "care_sync.bookkeepings",
    {
        "moneybird": Product(MoneybirdSettings, MoneybirdBookkeeping),
    },
    Bookkeeping,
)
