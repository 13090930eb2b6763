"""Every registered product can be made from its settings and keeps its protocol."""

from __future__ import annotations

from typing import Any

import pytest

from care_sync.clock import ManualClock
from connectors.conformance.environment import Budgets
from connectors.conformance.tracker_bed import START
from connectors.products import SettingsClasses
from connectors.protocols import Environment, Helpdesk, TimeTracker
from connectors.registry import HELPDESKS, TIME_TRACKERS
from connectors.tracker_settings import TimeTrackerSettings

LEAST: dict[str, dict[str, Any]] = {
    "clockify": {"workspace_id": "0" * 24, "api_key": "k"},
    "freshdesk": {"domain": "care", "api_key": "k"},
    "harvest": {"account_id": 1, "access_token": "t", "contact": "operations@example.com"},
    "kimai": {"base_url": "https://time.example.com", "api_token": "t"},
    "redmine": {"base_url": "https://redmine.example.com", "api_key": "k"},
    "request_tracker": {"base_url": "https://rt.example.com", "token": "1-14-t"},
    "toggl": {"workspace_id": 1, "api_token": "t"},
    "zammad": {"base_url": "https://help.example.com", "api_token": "t"},
    "zendesk": {"subdomain": "care", "email": "operations@example.com", "api_token": "t"},
}

LEAST_FOR_TIME: dict[str, dict[str, Any]] = {"zammad": {"unit_minutes": 1}}
"""What a product needs besides when it is a time tracker."""


@pytest.mark.parametrize("name", sorted(TIME_TRACKERS))
def test_a_time_tracker_is_made_from_its_least_settings(name: str) -> None:
    product = TIME_TRACKERS[name]
    clock = ManualClock(START)
    settings = product.settings.model_validate(LEAST[name] | LEAST_FOR_TIME.get(name, {}))

    tracker = product.connect(settings, Environment(clock.now, clock.sleep, Budgets()))

    assert isinstance(tracker, TimeTracker)
    assert tracker.product == name
    assert isinstance(settings, TimeTrackerSettings)
    assert tracker.account == settings.account_name
    assert SettingsClasses(TIME_TRACKERS)[name] is product.settings


@pytest.mark.parametrize("name", sorted(HELPDESKS))
def test_a_helpdesk_is_made_from_its_least_settings(name: str) -> None:
    product = HELPDESKS[name]
    clock = ManualClock(START)
    helpdesk = product.connect(
        product.settings.model_validate(LEAST[name]), Environment(clock.now, clock.sleep, Budgets())
    )

    assert isinstance(helpdesk, Helpdesk)
    assert helpdesk.product == name
    assert SettingsClasses(HELPDESKS)[name] is product.settings
