"""The pytest plugin of the conformance suites, loaded wherever CareSync is installed beside pytest.

It lets the suites' assertions show their values, as those of test modules do, and names the suites' version.
"""

from __future__ import annotations

import pkgutil
from importlib.metadata import PackageNotFoundError, version

import pytest

from connectors import conformance

pytest.register_assert_rewrite(
    *(
        f"{conformance.__name__}.{module.name}"
        for module in pkgutil.iter_modules(conformance.__path__)
        if f"{conformance.__name__}.{module.name}" != __name__
    )
)


def pytest_report_header() -> str:
    """Which suites a connector is held against."""
    try:
        return f"care-sync conformance suites {version('care-sync')}"
    except PackageNotFoundError:
        return "care-sync conformance suites, from a checkout"
