"""OAuth 2.0 as a client: tokens are asked for, renewed ahead of their end, and renewed once more when refused.

Terms
    service     a product's authorization server for one account: its addresses, and the scopes that we need
    grant       how a token is asked for: by the client's credentials (RFC 6749, 4.4), which can be repeated, or by a
                refresh token (section 6), which many products use up with every answer

Promises. Of several processes one renews, and the others go on with the token that they have, or wait for the new one.
An answer that got lost is asked for once more at once: either the refresh token still holds, or it is lost and that is
said, with what to do. No error and no ``repr`` holds a token or a secret.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from connectors.credentials import RENEWAL_LASTS, Claim, OauthClient, Outcome, StoredToken, Token
from connectors.errors import ConnectorError, Malformed, Unavailable, WrongCredentials
from connectors.http import HttpClient, Limits
from connectors.json_text import harmless
from connectors.oauth_settings import OauthService
from connectors.product_settings import NetworkSettings
from connectors.protocols import Environment
from connectors.transport import DeadlineAdapter

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 5.0
LONGEST_LIFE_SECONDS = 10 * 366 * 86_400
STEP_SECONDS = 1.0
"""How long to wait before looking again whether somebody else has renewed a token."""
AHEAD_AGAIN_AFTER = timedelta(minutes=1)
"""How long a renewal ahead of time is let be when it failed."""


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
        return self._ask({"grant_type": "client_credentials", "scope": _joined(scopes)}, client, scopes, is_safe=True)

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
            raise self._refusal(data, answer.status, is_second=is_second)
        try:
            return _token(data, asked_at, scopes)
        except ValueError as error:
            problem = f"the answer to a request for a token {error}"
            raise Malformed(self._service.product, problem, request=self._request, uncertain=not is_safe) from None

    def _refusal(self, data: Mapping[str, Any], status: int, *, is_second: bool) -> GrantRefused:
        error = data.get("error")
        code = harmless(error[:60]) if isinstance(error, str) and error else str(status)
        remedies = {
            "invalid_client": "Correct the client's id and secret, or register the client again.",
            "unauthorized_client": "Let the client use this grant, or connect in another way.",
            "invalid_scope": f"Allow the client the scopes {_joined(self._service.scopes)}.",
        }
        remedy = remedies.get(code, self._service.remedy)
        return GrantRefused(self._service.product, code, self._request, status, remedy, is_second=is_second)

    @property
    def _request(self) -> str:
        return f"POST {self._path}"


class OauthCredentials:
    """Keeps :class:`connectors.credentials.Credentials` by a token in the host's storage.

    ``client`` asks for tokens by its credentials; without one, the token is what a person connected.
    ``scopes`` are asked for with a ``client``; a connected token keeps those that it has.
    """

    def __init__(
        self,
        service: OauthService,
        environment: Environment,
        *,
        client: OauthClient | None = None,
        scopes: frozenset[str] | None = None,
        network: NetworkSettings | None = None,
    ) -> None:
        self._service = service
        self._client = client
        self._scopes = service.scopes if scopes is None else scopes
        self._environment = environment
        self._tokens = environment.tokens
        self._endpoint = TokenEndpoint(service, environment, network)
        self._ahead_again_at: datetime | None = None
        self.name = service.name
        if client is not None:
            self.name = f"{service.name}:{client.identifier}:{_joined(self._scopes)}"

    def headers(self) -> Mapping[str, SecretStr]:
        """The token's header. It is renewed first when it is due."""
        return _header(self._living_token())

    def replace(self, refused: Mapping[str, SecretStr]) -> bool:
        """Renew the token that was refused, unless somebody else has done so."""
        stored = self.stored()
        if stored.token is None or _header(stored.token) == refused:
            self._renewed(stored)
        return True

    def stored(self) -> StoredToken:
        """What the storage holds of it."""
        return self._tokens.load(self.name) or StoredToken(None, 0)

    def _living_token(self) -> Token:
        stored, now = self.stored(), self._environment.now()
        token = stored.token
        if token is None or token.has_ended(now):
            return self._renewed(stored)
        is_waiting = self._ahead_again_at is not None and now < self._ahead_again_at
        if token.is_due(now) and not stored.is_lost and not is_waiting:
            return self._renewed_ahead(stored, token)
        return token

    def _renewed_ahead(self, stored: StoredToken, token: Token) -> Token:
        """Renew what still holds; where that fails, or somebody else is at it, it goes on as it is."""
        now = self._environment.now()
        claim = self._tokens.claim(self.name, stored.generation, now)
        if claim is None:
            return token
        try:
            return self._renew(claim)
        except ConnectorError as error:
            logger.warning("%s: a token could not be renewed ahead of its end: %s", self.name, error)
            self._ahead_again_at = now + AHEAD_AGAIN_AFTER
            return token

    def _renewed(self, stored: StoredToken) -> Token:
        """The token that replaces one that holds no more; waits while somebody else renews it."""
        waited = 0.0
        while True:
            if stored.is_lost:
                raise WrongCredentials(self._service.product, stored.problem, remedy=self._service.remedy)
            claim = self._tokens.claim(self.name, stored.generation, self._environment.now())
            if claim is not None:
                return self._renew(claim)
            newer = self.stored()
            if newer.token is not None and newer.generation != stored.generation:
                return newer.token
            stored = newer
            if waited > RENEWAL_LASTS.total_seconds():
                raise Unavailable(self._service.product, "another process has been renewing the token for too long")
            self._environment.sleep(STEP_SECONDS)
            waited += STEP_SECONDS

    def _renew(self, claim: Claim) -> Token:
        try:
            token = self._asked(claim)
        except ConnectorError as error:
            # Whoever held the claim before may have had its answer late, and saved it since.
            newer = self.stored()
            if newer.token is not None and newer.generation != claim.generation:
                return newer.token
            outcome = self._outcome(claim, error)
            raised = self._lost(claim, error) if outcome is Outcome.LOST else error
            self._tokens.give_up(claim, outcome, raised, self._environment.now())
            raise raised from None
        self._tokens.save(claim.name, claim.generation, token, self._environment.now())
        # Where a newer one was kept meanwhile, somebody connected anew: theirs counts.
        return self.stored().token or token

    def _asked(self, claim: Claim) -> Token:
        kept = claim.token
        client = self._client or (kept.client if kept is not None else None)
        if kept is not None and kept.refresh is not None and self._client is None:
            return self._refreshed(kept, kept.refresh)
        if client is None:
            raise WrongCredentials(
                self._service.product,
                "is not connected",
                remedy=f"Run `care-sync connect {self._service.product}`, or give a client in the settings (auth).",
            )
        if self._client is not None or kept is None:
            return self._endpoint.by_client(client, self._scopes)
        return replace(self._endpoint.by_client(client, kept.scopes), client=client)

    def _refreshed(self, kept: Token, refresh: SecretStr) -> Token:
        try:
            token = self._endpoint.by_refresh(refresh, kept.client, kept.scopes)
        except ConnectorError as error:
            if not error.uncertain:
                raise
            # Either nothing happened, and this gives the token, or it was used up, and this says so at once.
            token = self._endpoint.by_refresh(refresh, kept.client, kept.scopes, is_second=True)
        if token.refresh is None:
            # Without a new one the old one stays good (RFC 6749, section 6).
            token = replace(token, refresh=refresh, refresh_ends_at=kept.refresh_ends_at)
        return replace(token, client=kept.client)

    def _lost(self, claim: Claim, error: ConnectorError) -> WrongCredentials:
        problem = "the refresh token holds no more: it has ended or was revoked"
        if claim.is_uncertain or (isinstance(error, GrantRefused) and error.is_second):
            problem = "the answer to a renewal got lost, and with it the only refresh token"
        return WrongCredentials(self._service.product, problem, remedy=self._service.remedy)

    @staticmethod
    def _outcome(claim: Claim, error: ConnectorError) -> Outcome:
        is_refresh = claim.token is not None and claim.token.refresh is not None
        if isinstance(error, GrantRefused):
            return Outcome.LOST if is_refresh and error.code == "invalid_grant" else Outcome.REFUSED
        if isinstance(error, WrongCredentials):
            return Outcome.REFUSED
        return Outcome.UNCERTAIN if is_refresh and (error.uncertain or claim.is_uncertain) else Outcome.LATER


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


def _header(token: Token) -> Mapping[str, SecretStr]:
    return {"Authorization": SecretStr(f"Bearer {token.access.get_secret_value()}")}


def _joined(scopes: frozenset[str]) -> str:
    return " ".join(sorted(scopes))
