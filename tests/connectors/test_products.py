"""Connectors in packages of others: found by their entry points, and what is told when such a package is broken."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from care_sync.clock import ManualClock
from care_sync.errors import UserError
from care_sync.settings import load_settings
from connectors.conformance.environment import Budgets
from connectors.conformance.tracker_bed import START
from connectors.errors import BrokenPackage, Unavailable
from connectors.products import Product, Products, SettingsClasses
from connectors.protocols import Environment, TimeTracker
from connectors.toggl.connector import TogglTimeTracker
from connectors.toggl.settings import TogglSettings
from connectors.tracker_settings import TimeTrackerSettings

GROUP = "care_sync.time_trackers"
SOUND = """
from connectors.products import Product
from connectors.tracker_settings import TimeTrackerSettings

class Settings(TimeTrackerSettings):
    folder: str

    @property
    def account_name(self) -> str:
        return self.folder

def connect(settings, environment):
    raise OSError("no such device")

PRODUCT = Product(Settings, connect)
TEXT = "PRODUCT"
FOREIGN = Product(int, connect)
"""
MISTAKEN = """
from connectors.errors import Unavailable
from connectors.products import Product
from connectors.records import EntryPage
from connectors.tracker_settings import TimeTrackerSettings

class Settings(TimeTrackerSettings):
    @property
    def account_name(self) -> str:
        return "account"

class Tracker:
    product = "csv_file"
    account = "account"

    def __init__(self, settings, environment):
        pass

    def changed_entries(self, cursor, since):
        yield EntryPage((), None, last=False)
        raise KeyError("a-token")

    def entries_between(self, first, last):
        raise Unavailable("csv_file", "is away")

    def entry(self, entry_id):
        return int("a-token")

    def webhook(self, headers, body, now):
        raise NotImplementedError

    def budget(self):
        return None

    def check(self):
        return ()

PRODUCT = Product(Settings, Tracker)
"""
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a package with an entry point where Python finds it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def put(name: str, target: str, source: str = SOUND, *, package: str = "") -> None:
        module = target.split(":", maxsplit=1)[0]
        (tmp_path / f"{module}.py").write_text(source)
        monkeypatch.delitem(sys.modules, module, raising=False)
        metadata = tmp_path / f"{(package or module)}-1.2.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package or module}\nVersion: 1.2\n")
        (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {target}\n")
        importlib.invalidate_caches()

    return put


def trackers() -> Products[TimeTracker]:
    return Products(GROUP, {"toggl": Product(TogglSettings, TogglTimeTracker)}, TimeTracker, TimeTrackerSettings)


def broken(name: str) -> str:
    with pytest.raises(BrokenPackage) as raised:
        trackers()[name]
    return str(raised.value)


def test_a_product_of_another_package_is_found_beside_the_shipped_ones(install: Install) -> None:
    install("csv_file", "care_csv:PRODUCT")

    products = trackers()

    assert sorted(products) == ["csv_file", "toggl"]
    assert len(products) == 2
    assert products["csv_file"].settings.__name__ == "Settings"
    assert products["toggl"].settings is TogglSettings
    assert "csv_file" in SettingsClasses(products)


def test_a_product_that_is_nowhere_is_absent() -> None:
    assert trackers().get("csv_file") is None
    assert SettingsClasses(trackers()).get("csv_file") is None


@pytest.mark.parametrize(
    ("target", "source", "told"),
    [
        ("care_csv:PRODUCT", "import a_module_that_is_nowhere", "ModuleNotFoundError: No module named"),
        ("care_csv:PRODUCT", "this is no Python", "SyntaxError"),
        ("care_csv:PRODUCT", "raise RuntimeError", "RuntimeError"),
        ("care_csv:NOTHING", SOUND, "AttributeError"),
        ("care_csv:TEXT", SOUND, "care_csv:TEXT is not a connectors.products.Product"),
        ("care_csv:FOREIGN", SOUND, "its settings do not derive from TimeTrackerSettings"),
    ],
)
def test_a_broken_package_is_named_with_what_is_wrong_and_what_to_do(
    install: Install, target: str, source: str, told: str
) -> None:
    install("csv_file", target, source)

    message = broken("csv_file")

    assert message.startswith("csv_file: the package care_csv 1.2, which provides it, cannot be used: ")
    assert told in message
    assert "Reinstall that package" in message


def test_a_broken_package_disturbs_nobody_who_does_not_use_it(install: Install) -> None:
    install("csv_file", "care_csv:PRODUCT", "raise RuntimeError")

    assert trackers()["toggl"].settings is TogglSettings
    assert sorted(SettingsClasses(trackers())) == ["csv_file", "toggl"]


def test_a_package_that_takes_a_name_of_ours_is_refused(install: Install) -> None:
    install("toggl", "care_csv:PRODUCT")

    assert "CareSync itself has a product of that name" in broken("toggl")


def test_two_packages_of_one_name_are_both_named(install: Install) -> None:
    install("csv_file", "care_csv:PRODUCT")
    install("csv_file", "care_other:PRODUCT")

    message = broken("csv_file")

    assert "care_csv 1.2" in message
    assert "care_other 1.2" in message


def test_a_connector_that_cannot_be_made_names_its_package(install: Install) -> None:
    install("csv_file", "care_csv:PRODUCT")
    product = trackers()["csv_file"]
    clock = ManualClock(START)

    with pytest.raises(BrokenPackage, match="its connector cannot be made: OSError: no such device"):
        product.connect(
            product.settings.model_validate({"folder": "x"}), Environment(clock.now, clock.sleep, Budgets())
        )


def mistaken(install: Install, source: str = MISTAKEN) -> TimeTracker:
    install("csv_file", "care_csv:PRODUCT", source)
    product = trackers()["csv_file"]
    clock = ManualClock(START)
    return product.connect(product.settings.model_validate({}), Environment(clock.now, clock.sleep, Budgets()))


def test_a_mistake_of_a_package_is_told_as_its_own_with_the_line_and_without_its_words(install: Install) -> None:
    tracker = mistaken(install)

    with pytest.raises(BrokenPackage) as raised:
        tracker.entry("7")

    line = MISTAKEN.splitlines().index('        return int("a-token")') + 1
    assert f"the package care_csv 1.2, which provides it, made a mistake: ValueError in care_csv.py:{line}." in str(
        raised.value
    )
    assert "a-token" not in f"{raised.value!r} {raised.value} {raised.value.__dict__}"
    assert raised.value.uncertain


def test_a_mistake_is_logged_in_full_for_the_makers_of_the_package(
    install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    tracker = mistaken(install)
    caplog.set_level("INFO")

    with pytest.raises(BrokenPackage):
        tracker.entry("7")

    (record,) = caplog.records
    assert record.levelname == "INFO"
    assert record.exc_info is not None
    assert record.exc_info[0] is ValueError


def test_a_mistake_between_two_pages_keeps_the_first(install: Install) -> None:
    pages = mistaken(install).changed_entries(None, START)

    assert next(pages).entries == ()
    with pytest.raises(BrokenPackage, match=r"KeyError in care_csv\.py"):
        next(pages)


def test_what_a_connector_of_a_package_tells_comes_through_as_it_is(install: Install) -> None:
    tracker = mistaken(install)

    assert isinstance(tracker, TimeTracker)
    assert (tracker.product, tracker.account, tracker.budget(), tracker.check()) == ("csv_file", "account", None, ())
    with pytest.raises(Unavailable, match="is away"):
        tracker.entries_between(START.date(), START.date())


def test_a_connector_that_lacks_a_method_is_refused_by_its_name(install: Install) -> None:
    with pytest.raises(BrokenPackage, match="its connector has no entry, check"):
        mistaken(install, MISTAKEN.replace("def entry(", "def one(").replace("def check", "def try_it"))


def test_the_settings_tell_of_a_broken_package_where_it_is_used(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("csv_file", "care_csv:PRODUCT", "raise RuntimeError")
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(
        "company: {name: CARE}\nhelpdesk: {product: toggl, workspace_id: 1, api_token: t}\n"
        "time_trackers:\n  times:\n    product: csv_file\n"
    )
    desks = Products("care_sync.helpdesks", {"toggl": Product(TogglSettings, TogglTimeTracker)}, TimeTracker)

    with pytest.raises(UserError) as raised:
        load_settings(helpdesks=SettingsClasses(desks), time_trackers=SettingsClasses(trackers()), bookkeepings={})

    (problem,) = raised.value.problems
    assert problem.startswith("config.yaml:5:5: time_trackers.times.product: csv_file: the package care_csv 1.2")
