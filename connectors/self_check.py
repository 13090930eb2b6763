"""Parts of every connector's self-check: whether something can be read, the clock, and the configured fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from connectors.credentials import StoredToken
from connectors.custom_fields import FieldMap
from connectors.errors import ConnectorError
from connectors.records import CheckResult

WARNED_BEFORE = timedelta(days=14)
"""How long before its end a credential needs a person."""
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


def check_end(
    subject: str, ends_at: datetime | None, now: datetime, remedy: str, *, always: bool = False
) -> CheckResult:
    """Whether a credential lasts for another two weeks; one that does not end always does.

    ``always``: it is warned of from the first day on.
    """
    if ends_at is None:
        return CheckResult(subject, passed=True)
    if now >= ends_at - WARNED_BEFORE:
        days = max(0, (ends_at - now) // timedelta(days=1))
        return CheckResult(f"{subject} (ends on {ends_at:%Y-%m-%d}, in {days} days)", passed=False, remedy=remedy)
    return CheckResult(subject, passed=True, remedy=remedy if always else "")


def check_token_end(
    stored: StoredToken, now: datetime, remedy: str, *, has_client: bool = False
) -> Iterator[CheckResult]:
    """Whether what replaces a token lasts; nothing of a client's, which has no end.

    ``has_client``: the settings name a client that asks for another.
    """
    token = stored.token
    if token is not None and token.refresh is not None:
        yield check_end("refresh token", token.refresh_ends_at, now, f"It is renewed while CareSync runs. {remedy}")
    elif token is not None and token.client is None and not has_client:
        yield check_end("token", token.ends_at, now, f"It cannot be renewed. {remedy}")


def check_token(
    stored: StoredToken, now: datetime, needed: frozenset[str], remedy: str, *, has_client: bool = False
) -> Iterator[CheckResult]:
    """Whether a token of OAuth can go on being renewed, and whether it may do what is ``needed`` and no more."""
    token = stored.token
    if token is None or stored.problem:
        yield CheckResult("token", passed=False, remedy=f"{stored.problem or 'There is none yet'}. {remedy}")
    if token is None:
        return
    yield from check_token_end(stored, now, remedy, has_client=has_client)
    if not needed or not token.scopes:
        return
    least = " ".join(sorted(needed))
    missing = [
        scope for scope in sorted(needed) if scope not in token.scopes and scope.split(":")[-1] not in token.scopes
    ]
    spare = sorted(token.scopes - needed)
    if missing:
        problem = f"The token lacks {' '.join(missing)}. Allow the client these scopes. {remedy}"
        yield CheckResult(f"scopes ({least})", passed=False, remedy=problem)
    elif spare:
        advice = f"The token may do more than CareSync needs ({' '.join(spare)}); the least is {least}."
        yield CheckResult(f"scopes ({least})", passed=True, remedy=advice)
    else:
        yield CheckResult(f"scopes ({least})", passed=True)


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
