"""The number of API calls of a pass is the one that ``docs/api-calls.md`` states."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from pathlib import Path

import pytest

from care_sync.demo.agency import DUPLICATES
from care_sync.demo.stage import Stage
from care_sync.demo.workplace import Written
from care_sync.pipeline.run import PassKind
from connectors.sandbox.zendesk_oauth import TOKENS

TICKETS_TO_CHANGE = 250


@dataclass(frozen=True, slots=True)
class FirstNight:
    """The calls of the first night, and what it wrote."""

    counted: Counter[str]
    written: Written


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The demo's agency."""
    with Stage.open(tmp_path_factory.mktemp("calls")) as opened:
        opened.enter_cards()
        yield opened


@pytest.fixture(scope="module")
def first_night(stage: Stage) -> FirstNight:
    """Its first night, which comes before everything else."""
    return FirstNight(calls(stage, PassKind.FULL), stage.workplace.written())


def calls(stage: Stage, kind: PassKind) -> Counter[str]:
    """Run a pass; give how often each kind of call was made, numbers in paths left out.

    A request for a token may be one more, as the page says.
    """
    servers = (stage.workplace.zendesk, stage.workplace.toggl)
    before = [len(server.requests) for server in servers]
    stage.run(kind)
    new = [one for server, start in zip(servers, before, strict=True) for one in server.requests[start:]]
    assert sum(one.path == TOKENS for one in new) <= 1
    new = [one for one in new if one.path != TOKENS]
    return Counter(re.sub(r"/\d+", "/N", f"{one.method} {one.path.removesuffix('.json')}") for one in new)


def of(counted: Counter[str], product: str) -> int:
    """All calls of one product."""
    is_zendesk = {path: path.partition(" ")[2].startswith("/api/v2/") for path in counted}
    return sum(number for path, number in counted.items() if is_zendesk[path] == (product == "zendesk"))


def window(stage: Stage) -> int:
    """E: stopped time entries of the window."""
    return sum(not one.is_running for one in stage.workplace.workspace.living())


def test_a_first_night_reads_and_writes_by_the_hundred(stage: Stage, first_night: FirstNight) -> None:
    counted, written = first_night.counted, first_night.written
    batches = ceil(written.tickets / 100) + ceil((written.updates - written.tickets) / 100)

    assert counted["GET /api/v2/organizations"] == ceil(len(stage.agency.customers) / 100)
    assert counted["GET /api/v2/incremental/tickets/cursor"] == ceil(len(stage.agency.tickets) / 1000)
    assert counted["GET /api/v2/tickets/N/audits"] == DUPLICATES
    assert counted["PUT /api/v2/tickets/update_many"] == batches
    assert counted["GET /api/v2/job_statuses/show_many"] == batches
    named = 1
    assert counted["GET /api/v2/tickets/show_many"] == batches + named
    definitions = 1  # those of organizations were read with the customers, before the pass
    assert of(counted, "zendesk") == 1 + 1 + definitions + DUPLICATES + named + 3 * batches


@pytest.mark.usefixtures("first_night")
def test_a_night_over_nothing_new_makes_the_few_calls_that_ask(stage: Stage) -> None:
    stage.clock.advance(timedelta(minutes=15))
    entries, running = window(stage), 1

    counted = calls(stage, PassKind.FULL)

    assert of(counted, "zendesk") == 2
    assert of(counted, "toggl") == 2 + 3 + ceil(entries / 200) + 2 * running


@pytest.mark.usefixtures("first_night")
def test_a_poll_over_nothing_new_makes_three_calls(stage: Stage) -> None:
    stage.clock.advance(timedelta(minutes=15))

    counted = calls(stage, PassKind.POLL)

    assert of(counted, "zendesk") == 1
    assert of(counted, "toggl") == 2


@pytest.mark.usefixtures("first_night")
def test_a_poll_over_changed_tickets_grows_by_the_hundred(stage: Stage) -> None:
    workplace = stage.workplace
    changed = 0
    for number, ticket in list(workplace.account.records.tickets.items()):
        ours = [tag for tag in ticket.tags if tag.startswith("route_")]
        if ours and ticket.status not in ("closed", "deleted") and changed < TICKETS_TO_CHANGE:
            workplace.account.update(number, workplace.us, {"remove_tags": ours})
            changed += 1
    stage.clock.advance(timedelta(minutes=15))

    counted = calls(stage, PassKind.POLL)

    assert changed == TICKETS_TO_CHANGE
    assert of(counted, "zendesk") == 1 + 3 * ceil(changed / 100)


def test_the_formula_stands_in_the_documentation() -> None:
    told = (Path(__file__).parents[2] / "docs/api-calls.md").read_text(encoding="utf-8")

    assert "**1 + 3 × ⌈N/100⌉**" in told
    assert "**2 + 3 + ⌈E/200⌉**" in told
