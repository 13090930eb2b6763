"""Whatever happens around the ledger, in whatever order, its balances are those of the plain model of the office."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from care_sync.store import open_store
from tests.conftest import _numbers, _sql
from tests.properties.both import Both, Site
from tests.properties.histories import NOT_YET
from tests.properties.laws import balances_are_those_of_the_model, order_of_arrival_changes_nothing
from tests.properties.stores import SqliteStores


@pytest.fixture
def sqlite(tmp_path: Path, sqlite_template: Path) -> SqliteStores:
    return SqliteStores(tmp_path, sqlite_template)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_balances_are_those_of_the_model_whatever_happens(sqlite: SqliteStores) -> None:
    balances_are_those_of_the_model(sqlite.both, examples=300, most=4)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_order_of_arrival_changes_nothing_while_no_month_closes(sqlite: SqliteStores) -> None:
    order_of_arrival_changes_nothing(sqlite.both, examples=30)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_balances_on_postgresql_are_those_of_the_model(postgresql_server: str) -> None:
    @contextmanager
    def both(site: Site) -> Iterator[Both]:
        name = f"both_{next(_numbers)}"
        _sql(postgresql_server, f"CREATE DATABASE {name} TEMPLATE template_care_sync")
        store = open_store(f"{postgresql_server}{name}")
        try:
            yield Both(store, site, NOT_YET)
        finally:
            store.close()
            _sql(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")

    balances_are_those_of_the_model(both, examples=10, most=5)
