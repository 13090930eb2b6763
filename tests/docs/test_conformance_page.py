"""``docs/conformance.md`` lists every promise of the suites, and what each product does not have, as its bed says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from connectors.conformance.helpdesk_bed import HelpdeskTraits
from connectors.conformance.helpdesk_suite import HelpdeskSuite
from connectors.conformance.tracker_bed import TrackerTraits
from connectors.conformance.tracker_suite import TrackerSuite
from tests.conformance.clockify_bed import ClockifyBed
from tests.conformance.freshdesk_bed import FreshdeskBed
from tests.conformance.freshdesk_time_bed import FreshdeskTimeBed
from tests.conformance.harvest_bed import HarvestBed
from tests.conformance.kimai_bed import KimaiBed
from tests.conformance.redmine_bed import RedmineBed
from tests.conformance.request_tracker_bed import RequestTrackerBed
from tests.conformance.request_tracker_time_bed import RequestTrackerTimeBed
from tests.conformance.toggl_bed import TogglBed
from tests.conformance.zammad_bed import ZammadBed
from tests.conformance.zammad_time_bed import ZammadTimeBed
from tests.conformance.zendesk_bed import ZendeskBed
from tests.conformance.zendesk_time_bed import ZendeskTimeBed

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
BEDS = {
    "Clockify": ClockifyBed,
    "Freshdesk (time)": FreshdeskTimeBed,
    "Harvest": HarvestBed,
    "Kimai": KimaiBed,
    "Redmine": RedmineBed,
    "Request Tracker (time)": RequestTrackerTimeBed,
    "Toggl Track": TogglBed,
    "Zammad (time)": ZammadTimeBed,
    "Zendesk (time)": ZendeskTimeBed,
    "Freshdesk": FreshdeskBed,
    "Request Tracker": RequestTrackerBed,
    "Zammad": ZammadBed,
    "Zendesk": ZendeskBed,
}


def promises(suite: type) -> set[str]:
    return {name.removeprefix("test_") for name in dir(suite) if name.startswith("test_")}


def listed(kind: str) -> set[str]:
    lines = re.findall(rf"^- {kind}: (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {name for line in lines for name in re.findall(r"`(\w+)`", line)}


@pytest.mark.parametrize(("kind", "suite"), [("trackers", TrackerSuite), ("helpdesks", HelpdeskSuite)])
def test_every_promise_is_listed_and_nothing_else(kind: str, suite: type) -> None:
    assert listed(kind) == promises(suite)


def rows() -> Iterator[str]:
    with ExitStack() as stack:
        for product, bed in BEDS.items():
            traits: Any = stack.enter_context(bed.open()).traits
            lacks = [f"`{one.name}`: {one.metadata['without']}" for one in lacking(traits)]
            yield f"| {product} | {'; '.join(lacks) or 'nothing'} |"


def lacking(traits: TrackerTraits | HelpdeskTraits) -> Iterator[Any]:
    return (one for one in fields(traits) if getattr(traits, one.name) is False)


def test_what_a_product_does_not_have_is_what_its_bed_says() -> None:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]

    assert lines == ["| product | does not have |", "| --- | --- |", *rows()]


def test_every_bed_is_on_the_page() -> None:
    here = {path.stem for path in (PAGE.parents[1] / "tests" / "conformance").glob("*_bed.py")}

    assert {bed.__module__.rpartition(".")[2] for bed in BEDS.values()} == here
