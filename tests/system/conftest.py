"""Offices, on each database."""

from __future__ import annotations

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
