"""Fixtures that every part shares: a store on each database, and a clock that stands still."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from care_sync.clock import ManualClock
from care_sync.store import Store, migrate, open_store
from tests import postgresql
from tests.real_servers import redmine, request_tracker

NOW = datetime(2026, 11, 2, 1, 30, tzinfo=UTC)
SHARED_FIXTURES = Path(__file__).parents[2] / "shared" / "fixtures"
_numbers = itertools.count(1)


REAL_SERVERS = frozenset({"real_redmine", "real_request_tracker"})


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first: what is marked slow runs at the end.

    Where several processes share the tests, one of them takes all that need the real servers, so that each server is
    started once; what else stands in one module stays together, so that its fixtures are made once.
    """
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    if isinstance(item, pytest.Function):
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if REAL_SERVERS.intersection(item.fixturenames) or "real" in parameters:
            return "real servers"
    is_slow = item.get_closest_marker("slow") is not None
    return f"{item.location[0]} slow" if is_slow else item.location[0]


@pytest.fixture(scope="session")
def shared_fixtures() -> Path:
    """Recorded answers of the real products, where they lie beside the checkout."""
    if not SHARED_FIXTURES.is_dir():
        pytest.skip("recorded answers of the products (../shared/fixtures) are not on this machine")
    return SHARED_FIXTURES


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server with a migrated template database.

    Its folder is none of pytest's, which shuts others out of all of them whenever a second run begins.
    """
    if postgresql.binaries() is None:
        pytest.skip("PostgreSQL (initdb, postgres) is not on this machine")
    with TemporaryDirectory(prefix="care-sync-") as folder, postgresql.server(Path(folder)) as url:
        _sql(url, "CREATE DATABASE template_care_sync")
        migrate(f"{url}template_care_sync")
        yield url


@pytest.fixture(scope="session")
def real_redmine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redmine.RealRedmine]:
    """A Redmine site of the session's own, from Debian's package."""
    if (reason := redmine.absent()) is not None:
        pytest.skip(reason)
    with redmine.running(tmp_path_factory.mktemp("redmine")) as site:
        yield site


@pytest.fixture(scope="session")
def real_request_tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[request_tracker.RealRequestTracker]:
    """A Request Tracker of the session's own, from Debian's package."""
    if (reason := request_tracker.absent()) is not None:
        pytest.skip(reason)
    with request_tracker.running(tmp_path_factory.mktemp("request_tracker")) as site:
        yield site


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "store.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"test_{next(_numbers)}"
    _sql(server, f"CREATE DATABASE {name} TEMPLATE template_care_sync")
    yield f"{server}{name}"
    _sql(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A store on each database."""
    opened = open_store(store_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh, migrated database on SQLite alone."""
    path = tmp_path / "store.sqlite"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def sqlite_store(sqlite_store_url: str) -> Iterator[Store]:
    """A store on SQLite alone, for tests of which the database is not the point."""
    opened = open_store(sqlite_store_url)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still until a test moves it."""
    return ManualClock(NOW)


def _sql(server: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(f"{server}postgres", autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]
