"""The one HTTP client of all connectors: retries, limits, time-outs, redaction, and one error per kind of failure.

Terms
    safe        repeating the request does no harm; an unsafe one that may have taken effect is never repeated
    uncertain   an unsafe request of which nothing proves that it took no effect: look before trying again. Proof is
                an answer of 429, or a connection that was never made. An error of the server (5xx) proves nothing:
                proxies give it too when the product took the request and the line broke afterwards
    limit       requests that the product allows; ``Limits`` says by which headers it tells what is left
    budget      what is left, kept in the host's store, so that a restart does not forget it

Promises. Every answer has a deadline and a largest size (:mod:`connectors.transport`). Waiting goes through the
environment's ``sleep`` and never lasts longer than ``longest_wait_seconds``: beyond that the error says when to come
back, and no product keeps us away for more than a day. A budget that is used up, but for its reserve, sends nothing. No
redirect is followed, so that credentials stay with the host that they were configured for. No error, log line or
``repr`` holds a header or a body.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests
from pydantic import SecretStr
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from connectors.credentials import Credentials, FixedCredentials
from connectors.errors import (
    ConnectorError,
    Invalid,
    Limited,
    Malformed,
    NotFound,
    PermissionMissing,
    Redirected,
    Unavailable,
    WrongCredentials,
)
from connectors.json_text import harmless, read_json
from connectors.product_settings import NetworkSettings
from connectors.protocols import BudgetState, Environment
from connectors.transport import AnswerTooLarge, DeadlineAdapter, DirectSession, content_of
from connectors.transport_errors import error_of

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = (10.0, 60.0)
"""To connect, and between two parts of an answer."""
ATTEMPTS = 4
FIRST_WAIT_SECONDS = 1.0
UNKNOWN_WAIT_SECONDS = 60.0
"""How long to stay away when the product says "too many" and not for how long."""
LARGEST_NUMBER = 1e9
"""In a header about limits; what is beyond (``inf``, ``nan``) says nothing."""
LONGEST_ABSENCE_SECONDS = 86_400.0
"""No product keeps us away for longer, whatever its headers say."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SERVER_TIMEOUT = 408
Params = Mapping[str, Any] | Sequence[tuple[str, Any]]
"""Parameters of a request; pairs where a name stands more than once."""


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
    ``counted``      where the product tells nothing: how many requests it allows in how many seconds; we count them
    ``reserve``      requests that are left alone
    """

    account: str | None = None
    remaining: str = ""
    resets_in: str = ""
    left: Callable[[Mapping[str, str]], Left | None] | None = None
    quota_status: int | None = None
    counted: tuple[int, float] | None = None
    reserve: int = 0
    longest_wait_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: ``headers`` by any case, ``data`` the parsed JSON (``None`` for an empty body)."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    data: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Call:
    """What is asked, however often."""

    method: str
    path: str
    params: Params | None
    json: Any = field(repr=False)
    form: Mapping[str, str] | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    is_safe: bool
    accept: frozenset[int]

    @property
    def name(self) -> str:
        """Method and path, for errors."""
        return f"{self.method} {self.path}"


class HttpClient:
    """One account's requests. ``credentials`` prove who we are: headers that stay as they are, or what renews itself.

    When a product refuses what it took before (401), credentials are renewed once. Then a safe request is repeated;
    an unsafe one is *uncertain*, for a refusal on the way does not prove that it took no effect.

    ``within`` is the client whose budget these requests use up as well as their own. ``network`` says which
    certificates are trusted, and through which proxy requests go; nothing of it is taken from environment variables.
    """

    def __init__(
        self,
        product: str,
        base_url: str,
        credentials: Mapping[str, SecretStr] | Credentials,
        environment: Environment,
        limits: Limits = Limits(),
        within: HttpClient | None = None,
        network: NetworkSettings | None = None,
        adapter: Callable[[], DeadlineAdapter] = DeadlineAdapter,
    ) -> None:
        self._product = product
        self._base_url = base_url.rstrip("/")
        self._environment = environment
        self._limits = limits
        self._within = within
        self._session = DirectSession()
        self._session.trust_env = False
        self._session.mount("http://", adapter())
        self._session.mount("https://", adapter())
        if network is not None and network.ca_file is not None:
            self._session.verify = str(network.ca_file)
        if network is not None and network.proxy is not None:
            self._session.proxies = dict.fromkeys(("http", "https"), network.proxy.get_secret_value())
        self._session.headers["Accept"] = "application/json"
        self._session.headers["User-Agent"] = "CareSync"
        self._credentials = FixedCredentials(credentials) if isinstance(credentials, Mapping) else credentials

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        safe: bool | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> Response:
        """Ask, repeat where that is right, and give the answer. The body is ``json`` or a ``form``.

        ``safe`` is by default true for GET and HEAD. Statuses in ``accept`` are given back instead of raised.
        Raises :class:`ConnectorError` and nothing else.
        """
        is_safe = method in ("GET", "HEAD") if safe is None else safe
        call = _Call(method, path, params, json, form, headers or {}, is_safe, accept)
        proof = self._credentials.headers()
        try:
            return self._repeated(call, proof)
        except WrongCredentials as error:
            if error.status != 401 or not self._credentials.replace(proof):
                raise
            if not is_safe:
                problem = "ended our token while it was asked to write"
                raise Unavailable(self._product, problem, request=call.name, status=401, uncertain=True) from None
        return self._repeated(call, self._credentials.headers())

    def _repeated(self, call: _Call, proof: Mapping[str, SecretStr]) -> Response:
        def attempt() -> Response:
            self.require_budget(call.name)
            return self._once(call, proof)

        retrying = Retrying(
            sleep=self._environment.sleep,
            stop=stop_after_attempt(ATTEMPTS),
            wait=self._wait,
            retry=retry_if_exception(lambda error: self._may_repeat(error, call.is_safe)),
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

    def _once(self, call: _Call, proof: Mapping[str, SecretStr]) -> Response:
        request, is_safe = call.name, call.is_safe
        try:
            answer = self._session.request(
                call.method,
                self._base_url + call.path,
                params=call.params,
                json=call.json,
                data=call.form,
                headers={**{name: value.get_secret_value() for name, value in proof.items()}, **call.headers},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
            )
            content = content_of(answer)
        except (requests.RequestException, AnswerTooLarge, OSError, UnicodeError, ValueError) as error:
            raise error_of(self._product, error, request, is_safe=is_safe) from None
        logger.debug("%s %s → %s", self._product, request, answer.status_code)
        self._note_budget(answer)
        if answer.status_code >= 300 and answer.status_code not in call.accept:
            raise self._failure(answer, request, is_safe)
        return Response(answer.status_code, answer.headers, self._parsed(content, answer, request, is_safe))

    def _parsed(self, content: bytes, answer: requests.Response, request: str, is_safe: bool) -> Any:
        if not content:
            return None
        try:
            return read_json(content)
        except ValueError as error:
            raise Malformed(
                self._product,
                f"the answer {error}",
                request=request,
                status=answer.status_code,
                uncertain=not is_safe,
            ) from None

    def _note_budget(self, answer: requests.Response) -> None:
        if self._within is not None:
            self._within._note_budget(answer)
        account, left = self._limits.account, self._left(answer.headers)
        if account and left is not None:
            resets_in = min(left.resets_in, LONGEST_ABSENCE_SECONDS)
            resets_at = self._environment.now() + timedelta(seconds=resets_in)
            self._environment.budgets.save(account, BudgetState(int(left.requests), resets_at))

    def _left(self, headers: Mapping[str, str]) -> Left | None:
        limits = self._limits
        if limits.counted is not None:
            return self._counted(*limits.counted)
        if limits.left is not None:
            return limits.left(headers)
        requests_left, resets_in = _number(headers.get(limits.remaining)), _number(headers.get(limits.resets_in))
        return Left(requests_left, resets_in) if requests_left is not None and resets_in is not None else None

    def _counted(self, requests_allowed: int, seconds: float) -> Left:
        """What is left after one request more, by our own count."""
        state, now = self.budget(), self._environment.now()
        if state is None or state.remaining is None or state.resets_at is None or state.resets_at <= now:
            return Left(requests_allowed - 1, seconds)
        return Left(max(state.remaining - 1, 0), (state.resets_at - now).total_seconds())

    def _failure(self, answer: requests.Response, request: str, is_safe: bool) -> ConnectorError:
        status, product = answer.status_code, self._product
        is_quota = status == self._limits.quota_status and self._limits.remaining in answer.headers
        if status == 429 or is_quota:
            wait = self._retry_after(answer)
            return Limited(product, "too many requests", retry_after_seconds=wait, request=request)
        kinds: dict[int, tuple[type[ConnectorError], str, str]] = {
            401: (WrongCredentials, "does not know these credentials", "Correct them in the settings."),
            402: (PermissionMissing, "the plan does not include this", "Ask for the plan that includes it."),
            403: (PermissionMissing, "refuses this to the configured account", "Give it the permission."),
            404: (NotFound, "has nothing there", ""),
            410: (NotFound, "has nothing there any more", ""),
        }
        if status in kinds:
            kind, message, remedy = kinds[status]
            return kind(product, message, request=request, status=status, remedy=remedy)
        if status in REDIRECTS:
            return self._redirected(answer, request, is_safe)
        if status >= 500 or status == SERVER_TIMEOUT:
            # Proxies answer this too when the product took the request: whatever the status, it proves nothing.
            error = Unavailable(product, f"is down ({status})", request=request, status=status, uncertain=not is_safe)
            if "Retry-After" in answer.headers:
                error.retry_after_seconds = self._retry_after(answer)
            return error
        return Invalid(product, f"rejects the request ({status})", request=request, status=status)

    def _redirected(self, answer: requests.Response, request: str, is_safe: bool) -> Redirected:
        """Where an answer leads, without what may be secret in its address; it is not followed."""
        try:
            there = urlsplit(urljoin(answer.url, answer.headers.get("Location", "")))
            address = f"{there.scheme}://{there.hostname}{f':{there.port}' if there.port else ''}{there.path}"
        except ValueError:
            address = "an address that cannot be read"
        return Redirected(
            self._product,
            f"redirects to {harmless(address[:200])} ({answer.status_code}), which is not followed",
            request=request,
            status=answer.status_code,
            uncertain=not is_safe,
            remedy="Set the address in the settings to where the product answers by itself.",
        )

    def _retry_after(self, answer: requests.Response) -> float:
        """Seconds to stay away: ``Retry-After`` as seconds or a date, otherwise the quota's header."""
        written = answer.headers.get("Retry-After", "")
        seconds = _number(written)
        if seconds is None and (back_at := date_of(written)) is not None:
            seconds = (back_at - self._environment.now()).total_seconds()
        if seconds is None:
            left = self._left(answer.headers)
            seconds = left.resets_in if left is not None else _number(answer.headers.get(self._limits.resets_in))
        return min(max(seconds, 0.0), LONGEST_ABSENCE_SECONDS) if seconds is not None else UNKNOWN_WAIT_SECONDS

    def _may_repeat(self, error: BaseException, is_safe: bool) -> bool:
        if not isinstance(error, ConnectorError):
            return False
        wait = error.retry_after_seconds
        if wait is not None and wait > self._limits.longest_wait_seconds:
            return False
        if isinstance(error, Limited):
            return True
        return error.retryable and (is_safe or not error.uncertain)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        jittered: Callable[[RetryCallState], float] = wait_random_exponential(
            multiplier=FIRST_WAIT_SECONDS, max=self._limits.longest_wait_seconds
        )
        wait = error.retry_after_seconds if isinstance(error, ConnectorError) else None
        return jittered(state) if wait is None else wait


def server_time(answer: Response) -> datetime | None:
    """What the product's own clock said, from the ``Date`` header."""
    return date_of(answer.headers.get("Date", ""))


def parameters_of(product: str, link: str, here: str) -> dict[str, str]:
    """The parameters of a link to the next page.

    Raises :class:`Malformed` for one that leads to another host or path than ``here``: nothing is sent there.
    """
    try:
        there, own = urlsplit(urljoin(here, link)), urlsplit(here)
        is_here = (there.scheme, there.netloc, there.path) == (own.scheme, own.netloc, own.path)
    except ValueError:
        is_here = False
    if not is_here:
        raise Malformed(product, "the link to the next page leads elsewhere, and is not followed")
    return dict(parse_qsl(there.query))


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < LARGEST_NUMBER else None


def date_of(text: str) -> datetime | None:
    """The instant of a header such as ``Date``; ``None`` for what is none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
