"""Traits: what a product can and cannot do, and how a test says that it needs one.

A trait is a field of a bed's traits. A test about something that the product does not have is skipped, and the reason
names the trait: whoever wrote the bed sees what it denied.
"""

from __future__ import annotations

from dataclasses import field, fields
from typing import Any

import pytest


def trait(without: str) -> Any:
    """A trait that a product has unless its bed denies it; ``without`` says what is so then."""
    return field(default=True, metadata={"without": without})


def needs(bed: Any, *names: str) -> None:
    """Skip this test unless the product has one of the traits of these names."""
    if not any(getattr(bed.traits, name) for name in names):
        without = {item.name: item.metadata.get("without", "") for item in fields(bed.traits)}
        pytest.skip(" and ".join(f"{name} is false: {without[name]}" for name in names))
