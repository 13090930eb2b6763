"""The shipped rules, loaded once for the tests that only ask them."""

from __future__ import annotations

import pytest

from rules.book import RuleBook
from rules.loader import load_rules


@pytest.fixture(scope="session")
def book() -> RuleBook:
    return load_rules()
