"""Where a product gives tokens: the requests of OAuth 2.0 (RFC 6749), and what comes back.

An answer is read as carefully as any foreign value: a token that no header could carry, or a life of no sense, is no
token. Nothing of a request or an answer stands in an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from connectors.credentials import OauthClient, Token
from connectors.errors import Malformed, WrongCredentials
from connectors.http import HttpClient, Limits
from connectors.json_text import harmless
from connectors.oauth_settings import OauthService
from connectors.product_settings import NetworkSettings
from connectors.protocols import Environment
from connectors.transport import DeadlineAdapter

ANSWER_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 5.0
LONGEST_LIFE_SECONDS = 10 * 366 * 86_400


class GrantRefused(WrongCredentials):
    """The authorization server gives no token; ``code`` is its word for why (RFC 6749, 5.2).

    ``is_second``: the same was asked before, and that answer got lost.
    """

    def __init__(self, product: str, code: str, request: str, status: int, remedy: str, *, is_second: bool) -> None:
        super().__init__(product, f"gives no token ({code})", request=request, status=status, remedy=remedy)
        self.code = code
        self.is_second = is_second


class TokenEndpoint:
    """Where a service gives tokens."""

    def __init__(self, service: OauthService, environment: Environment, network: NetworkSettings | None) -> None:
        parts = urlsplit(service.token_address)
        self._service = service
        self._now = environment.now
        self._path = parts.path
        self._http = HttpClient(
            service.product,
            f"{parts.scheme}://{parts.netloc}",
            {},
            environment,
            Limits(longest_wait_seconds=LONGEST_WAIT_SECONDS),
            network=network,
            adapter=partial(DeadlineAdapter, ANSWER_SECONDS),
        )

    def by_client(self, client: OauthClient, scopes: frozenset[str]) -> Token:
        """A token by the client's own credentials; asking again gives another and does no harm."""
        return self._ask({"grant_type": "client_credentials", "scope": joined(scopes)}, client, scopes, is_safe=True)

    def by_refresh(
        self, refresh: SecretStr, client: OauthClient | None, scopes: frozenset[str], *, is_second: bool = False
    ) -> Token:
        """The token that replaces another. The error of an answer that got lost is ``uncertain``."""
        grant = {"grant_type": "refresh_token", "refresh_token": refresh.get_secret_value()}
        return self._ask(grant, client, scopes, is_safe=False, is_second=is_second)

    def by_code(self, code: SecretStr, verifier: SecretStr, redirect: str, client: OauthClient) -> Token:
        """The token that a person consented to (RFC 6749, 4.1.3, with the verifier of RFC 7636)."""
        grant = {
            "grant_type": "authorization_code",
            "code": code.get_secret_value(),
            "redirect_uri": redirect,
            "code_verifier": verifier.get_secret_value(),
        }
        return self._ask(grant, client, frozenset(), is_safe=False)

    def _ask(
        self,
        grant: Mapping[str, str],
        client: OauthClient | None,
        scopes: frozenset[str],
        *,
        is_safe: bool,
        is_second: bool = False,
    ) -> Token:
        body = dict(grant)
        if client is not None:
            body["client_id"] = client.identifier
            if client.secret is not None:
                body["client_secret"] = client.secret.get_secret_value()
        # Counted from before the request, so that a slow answer makes no token look younger than it is.
        asked_at = self._now()
        sent = {"json": body} if self._service.takes_json else {"form": body}
        answer = self._http.request("POST", self._path, safe=is_safe, accept=frozenset({400, 401, 403}), **sent)
        data = answer.data if isinstance(answer.data, dict) else {}
        if answer.status >= 400:
            raise self._refusal(data, answer.status, scopes, is_second=is_second)
        try:
            return _token(data, asked_at, scopes)
        except ValueError as error:
            problem = f"the answer to a request for a token {error}"
            raise Malformed(self._service.product, problem, request=self._request, uncertain=not is_safe) from None

    def _refusal(
        self, data: Mapping[str, Any], status: int, scopes: frozenset[str], *, is_second: bool
    ) -> GrantRefused:
        error = data.get("error")
        code = harmless(error[:60]) if isinstance(error, str) and error else str(status)
        remedies = {
            "invalid_client": "Correct the client's id and secret, or register the client again.",
            "unauthorized_client": "Let the client use this grant, or connect in another way.",
            "invalid_scope": f"Allow the client the scopes {joined(scopes)}.",
        }
        remedy = remedies.get(code, self._service.remedy)
        return GrantRefused(self._service.product, code, self._request, status, remedy, is_second=is_second)

    @property
    def _request(self) -> str:
        return f"POST {self._path}"


def _token(data: Mapping[str, Any], asked_at: datetime, scopes: frozenset[str]) -> Token:
    """Read the answer of RFC 6749, 5.1. Raises :class:`ValueError` in words that hold nothing of it."""
    access = _sendable(data, "access_token")
    if access is None:
        raise ValueError("holds no access_token")
    kind = data.get("token_type")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise ValueError("holds a token of another type than bearer")
    scope = data.get("scope")
    return Token(
        access,
        asked_at,
        _end(data, "expires_in", asked_at),
        frozenset(scope.split()) if isinstance(scope, str) and scope.strip() else scopes,
        _sendable(data, "refresh_token"),
        _end(data, "refresh_token_expires_in", asked_at),
    )


def _sendable(data: Mapping[str, Any], name: str) -> SecretStr | None:
    value = data.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError(f"holds a {name} that cannot be one")
    return SecretStr(value)


def _end(data: Mapping[str, Any], name: str, asked_at: datetime) -> datetime | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < LONGEST_LIFE_SECONDS:
        raise ValueError(f"holds {name} that is no number of seconds")
    return asked_at + timedelta(seconds=value)


def joined(scopes: frozenset[str]) -> str:
    """Scopes as they are sent, and as people read them."""
    return " ".join(sorted(scopes))
