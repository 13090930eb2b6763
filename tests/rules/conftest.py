"""The shipped rules, loaded once for the tests that only ask them."""

from __future__ import annotations

import pytest

from rules.deciding.rule_book import RuleBook
from rules.loading import load_rules


@pytest.fixture(scope="session")
def book() -> RuleBook:
    return load_rules()
