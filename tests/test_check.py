"""What ``care-sync check`` says of the customers' names in the settings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr

from care_sync.check import check_products
from care_sync.clock import ManualClock
from care_sync.settings import Settings
from care_sync.settings.linking import LinkSettings
from care_sync.settings.model import CompanySection, Connection, StoreSection
from care_sync.store import open_store
from connectors.products import Product
from connectors.records import CheckResult, Organization
from connectors.registry import HELPDESKS
from tests.pipeline.desk import NoOptions
from tests.pipeline.products import FakeHelpdesk


@pytest.fixture
def url(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(HELPDESKS.shipped, "desk", Product(NoOptions, lambda _options, _environment: FakeHelpdesk()))
    shutil.copyfile(sqlite_template, tmp_path / "store.sqlite")
    return f"sqlite:///{tmp_path}/store.sqlite"


def check(url: str, clock: ManualClock, **clients: str) -> CheckResult:
    settings = Settings(
        company=CompanySection(name="CARE"),
        helpdesk=Connection("desk", "desk", NoOptions()),
        store=StoreSection(url=SecretStr(url)),
        linking=LinkSettings(clients=clients),
    )
    (result,) = [result for result in check_products(settings, clock) if result.subject == "customers' names"]
    return result


def test_a_name_that_means_nobody_or_two_does_not_pass(url: str, clock: ManualClock) -> None:
    store = open_store(url)
    with store.begin() as work:
        work.organizations.upsert(
            [Organization("5", "Acme"), Organization("6", "Twin"), Organization("7", "twin")], clock.now()
        )
    store.close()

    assert check(url, clock, Acme="acme").passed
    result = check(url, clock, Acme="Acme B.V.", Twin="Twin")
    assert not result.passed
    assert result.remedy == (
        'linking.clients.Acme: "Acme B.V." is the name of no organization of the helpdesk; '
        'linking.clients.Twin: "Twin" is the name of 2 organizations of the helpdesk. '
        "Write the name that the organization has in the helpdesk."
    )


def test_before_the_first_pass_no_name_can_be_wrong(url: str, clock: ManualClock) -> None:
    assert check(url, clock, Acme="Acme").passed


def test_a_store_that_is_not_there_is_reported_in_words(tmp_path: Path, url: str, clock: ManualClock) -> None:
    assert not check(f"sqlite:///{tmp_path}/other.sqlite", clock, Acme="Acme").passed
