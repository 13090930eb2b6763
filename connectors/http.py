"""The one HTTP client of all connectors: retries, limits, time-outs, redaction, and one error per kind of failure.

Terms
    safe        repeating the request does no harm; an unsafe one that may have taken effect is never repeated
    uncertain   an unsafe request whose answer was lost: look before trying again
    limit       requests that the product allows; ``Limits`` says by which headers it tells what is left
    budget      what is left, kept in the host's store, so that a restart does not forget it

Promises. Every request has a time-out. Waiting goes through the environment's ``sleep`` and never lasts
longer than ``longest_wait_seconds``: beyond that :class:`Limited` says when to come back. A budget that is used
up, but for its reserve, sends nothing. No error, log line or ``repr`` holds a header or a body.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from connectors.errors import (
    ConnectorError,
    Invalid,
    Limited,
    Malformed,
    NotFound,
    PermissionMissing,
    Unavailable,
    WrongCredentials,
)
from connectors.protocols import BudgetState, Environment

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = (10.0, 60.0)
"""To connect, and between two parts of an answer."""
ATTEMPTS = 4
FIRST_WAIT_SECONDS = 1.0
UNKNOWN_WAIT_SECONDS = 60.0
"""How long to stay away when the product says "too many" and not for how long."""
LARGEST_NUMBER = 1e9
"""In a header about limits; what is beyond (``inf``, ``nan``) says nothing."""
Params = Mapping[str, Any] | Sequence[tuple[str, Any]]
"""Parameters of a request; pairs where a name stands more than once."""
NEVER_DONE = frozenset({429, 503})
"""Answers that tell that an unsafe request took no effect."""


@dataclass(frozen=True, slots=True)
class Left:
    """Requests that are left, and the seconds until the budget is full again."""

    requests: float
    resets_in: float


@dataclass(frozen=True, slots=True)
class Limits:
    """How a product tells what is left.

    ``account``      the name of the budget, such as ``toggl:123``; ``None``: nothing is kept
    ``remaining``    the header with the requests that are left
    ``resets_in``    the header with the seconds until the budget is full again
    ``left``         reads both out of the headers where the product does not tell them by two headers of always the
                     same names; it is asked instead of ``remaining`` and ``resets_in``
    ``quota_status`` an answer that means "used up" when it carries the headers, and "not in your plan" without
    ``reserve``      requests that are left alone
    """

    account: str | None = None
    remaining: str = ""
    resets_in: str = ""
    left: Callable[[Mapping[str, str]], Left | None] | None = None
    quota_status: int | None = None
    reserve: int = 0
    longest_wait_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: ``headers`` by any case, ``data`` the parsed JSON (``None`` for an empty body)."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    data: Any = field(repr=False)


class HttpClient:
    """One account's requests. ``authorization`` are the headers that prove who we are.

    ``within`` is the client whose budget these requests use up as well as their own.
    """

    def __init__(
        self,
        product: str,
        base_url: str,
        authorization: Mapping[str, SecretStr],
        environment: Environment,
        limits: Limits = Limits(),
        within: HttpClient | None = None,
    ) -> None:
        self._product = product
        self._base_url = base_url.rstrip("/")
        self._environment = environment
        self._limits = limits
        self._within = within
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", HTTPAdapter(pool_maxsize=4))
        self._session.mount("https://", HTTPAdapter(pool_maxsize=4))
        self._session.headers["Accept"] = "application/json"
        self._session.headers["User-Agent"] = "CareSync"
        for name, value in authorization.items():
            self._session.headers[name] = value.get_secret_value()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        safe: bool | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> Response:
        """Ask, repeat where that is right, and give the answer.

        ``safe`` is by default true for GET and HEAD. Statuses in ``accept`` are given back instead of raised.
        Raises :class:`ConnectorError` and nothing else.
        """
        is_safe = method in ("GET", "HEAD") if safe is None else safe

        def attempt() -> Response:
            self.require_budget(f"{method} {path}")
            return self._once(method, path, params, json, headers, is_safe, accept)

        retrying = Retrying(
            sleep=self._environment.sleep,
            stop=stop_after_attempt(ATTEMPTS),
            wait=self._wait,
            retry=retry_if_exception(lambda error: self._may_repeat(error, is_safe)),
            reraise=True,
        )
        return retrying(attempt)

    def budget(self) -> BudgetState | None:
        """What is left, as the last answer told; ``None`` when nothing is known."""
        account = self._limits.account
        return self._environment.budgets.load(account) if account else None

    def require_budget(self, request: str) -> None:
        """Raise :class:`Limited` when nothing but the reserve is left."""
        if self._within is not None:
            self._within.require_budget(request)
        state = self.budget()
        if state is None or state.remaining is None or state.resets_at is None:
            return
        wait = (state.resets_at - self._environment.now()).total_seconds()
        if wait > 0 and state.remaining <= self._limits.reserve:
            raise Limited(self._product, "the request budget is used up", retry_after_seconds=wait, request=request)

    def _once(
        self,
        method: str,
        path: str,
        params: Params | None,
        json: Any,
        headers: Mapping[str, str] | None,
        is_safe: bool,
        accept: frozenset[int],
    ) -> Response:
        request = f"{method} {path}"
        try:
            answer = self._session.request(
                method,
                self._base_url + path,
                params=params,
                json=json,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
            raise Malformed(self._product, "the answer was cut off", request=request, uncertain=not is_safe) from None
        except requests.Timeout:
            told = "no answer in time"
            raise Unavailable(self._product, told, request=request, uncertain=not is_safe) from None
        except requests.RequestException as error:
            never_sent = isinstance(error, requests.exceptions.ConnectTimeout)
            raise Unavailable(
                self._product,
                "cannot be reached or broke the connection",
                request=request,
                uncertain=not is_safe and not never_sent,
                remedy="Check the address and the network.",
            ) from None
        logger.debug("%s %s → %s", self._product, request, answer.status_code)
        self._note_budget(answer)
        if answer.status_code >= 300 and answer.status_code not in accept:
            raise self._failure(answer, request, is_safe)
        return Response(answer.status_code, answer.headers, self._parsed(answer, request, is_safe))

    def _parsed(self, answer: requests.Response, request: str, is_safe: bool) -> Any:
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError:
            raise Malformed(
                self._product,
                "the answer is not JSON",
                request=request,
                status=answer.status_code,
                uncertain=not is_safe,
            ) from None

    def _note_budget(self, answer: requests.Response) -> None:
        if self._within is not None:
            self._within._note_budget(answer)
        account, left = self._limits.account, self._left(answer.headers)
        if account and left is not None:
            resets_at = self._environment.now() + timedelta(seconds=left.resets_in)
            self._environment.budgets.save(account, BudgetState(int(left.requests), resets_at))

    def _left(self, headers: Mapping[str, str]) -> Left | None:
        limits = self._limits
        if limits.left is not None:
            return limits.left(headers)
        requests_left, resets_in = _number(headers.get(limits.remaining)), _number(headers.get(limits.resets_in))
        return Left(requests_left, resets_in) if requests_left is not None and resets_in is not None else None

    def _failure(self, answer: requests.Response, request: str, is_safe: bool) -> ConnectorError:
        status, product = answer.status_code, self._product
        is_quota = status == self._limits.quota_status and self._limits.remaining in answer.headers
        if status == 429 or is_quota:
            wait = self._retry_after(answer)
            return Limited(product, "too many requests", retry_after_seconds=wait, request=request)
        kinds: dict[int, tuple[type[ConnectorError], str, str]] = {
            401: (WrongCredentials, "does not know these credentials", "Set them anew in the settings."),
            402: (PermissionMissing, "the plan does not include this", "Ask for the plan that includes it."),
            403: (PermissionMissing, "refuses this to the configured account", "Give it the permission."),
            404: (NotFound, "has nothing there", ""),
            410: (NotFound, "has nothing there any more", ""),
        }
        if status in kinds:
            kind, message, remedy = kinds[status]
            return kind(product, message, request=request, status=status, remedy=remedy)
        if status >= 500:
            uncertain = not is_safe and status not in NEVER_DONE
            return Unavailable(product, f"is down ({status})", request=request, status=status, uncertain=uncertain)
        return Invalid(product, f"rejects the request ({status})", request=request, status=status)

    def _retry_after(self, answer: requests.Response) -> float:
        """Seconds to stay away: ``Retry-After`` as seconds or a date, else the quota's header."""
        told = answer.headers.get("Retry-After", "")
        seconds = _number(told)
        if seconds is None and (back_at := _date(told)) is not None:
            seconds = (back_at - self._environment.now()).total_seconds()
        if seconds is None:
            left = self._left(answer.headers)
            seconds = left.resets_in if left is not None else _number(answer.headers.get(self._limits.resets_in))
        return max(seconds, 0.0) if seconds is not None else UNKNOWN_WAIT_SECONDS

    def _may_repeat(self, error: BaseException, is_safe: bool) -> bool:
        if isinstance(error, Limited):
            return error.retry_after_seconds <= self._limits.longest_wait_seconds
        return isinstance(error, ConnectorError) and error.retryable and (is_safe or not error.uncertain)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        jittered: Callable[[RetryCallState], float] = wait_random_exponential(
            multiplier=FIRST_WAIT_SECONDS, max=self._limits.longest_wait_seconds
        )
        return error.retry_after_seconds if isinstance(error, Limited) else jittered(state)


def server_time(answer: Response) -> datetime | None:
    """What the product's own clock said, from the ``Date`` header."""
    return _date(answer.headers.get("Date", ""))


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < LARGEST_NUMBER else None


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, TypeError):
        return None
