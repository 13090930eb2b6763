"""Parts of every connector's self-check: whether something can be read, the clock, and the configured fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from connectors.custom_fields import FieldMap
from connectors.errors import ConnectorError
from connectors.records import CheckResult

LARGEST_CLOCK_DIFFERENCE = timedelta(seconds=60)


def check_that(subject: str, passed: bool, remedy: str) -> CheckResult:
    """Whether something is so; ``remedy`` is what to do otherwise."""
    return CheckResult(subject, passed, "" if passed else remedy)


def check_reading(subject: str, read: Callable[[], object]) -> CheckResult:
    """Whether something can be read."""
    try:
        read()
    except ConnectorError as error:
        return CheckResult(subject, passed=False, remedy=str(error))
    return CheckResult(subject, passed=True)


def check_clock(ours: datetime, theirs: datetime | None) -> CheckResult:
    """Whether this machine's clock and the product's agree; a product that does not tell its clock agrees."""
    difference = abs(ours - theirs) if theirs else timedelta()
    remedy = f"This machine's clock differs by {int(difference.total_seconds())} seconds; set it by NTP."
    return check_that("clock", difference <= LARGEST_CLOCK_DIFFERENCE, remedy)


def check_fields(product: str, kind: str, setting: str, read: Callable[[], FieldMap]) -> Iterator[CheckResult]:
    """Whether each configured field of a ``kind`` ("ticket field") is there; ``setting`` is where they are named."""
    try:
        fields = read()
    except ConnectorError as error:
        yield CheckResult(f"{kind}s", passed=False, remedy=str(error))
        return
    for name in fields.by_name:
        yield CheckResult(f"{kind} {name}", passed=True)
    for name, wanted in fields.missing.items():
        remedy = (
            f'There is no active {kind} "{wanted}": create it in {product.capitalize()} or correct {setting}.{name}.'
        )
        yield CheckResult(f"{kind} {name}", passed=False, remedy=remedy)
