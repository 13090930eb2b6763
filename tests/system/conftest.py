"""Offices, on each database, and a folder with a store for sites that are to be set up."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.office import Office, open_office


@pytest.fixture
def office(tmp_path: Path, store_url: str) -> Iterator[Office]:
    """An office with one customer, Acme, who has an SLA."""
    with open_office(tmp_path, store_url) as opened:
        opened.add_customer("Acme")
        yield opened


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a migrated store, ``care.db``; there is no directory of secrets."""
    shutil.copyfile(sqlite_template, tmp_path / "care.db")
    monkeypatch.delenv("CARE_SYNC_SECRETS_DIRECTORY", raising=False)
    return tmp_path
